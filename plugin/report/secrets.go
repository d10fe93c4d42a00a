package report

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/consumers"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

// pageSize is how many objects a LIST asks for at once.
const pageSize = 500

// readers are the clients of what is read beside the ExternalSecrets.
type readers struct {
	users consumers.Clients
	// metadata can't read values: the API server leaves them out.
	metadata metadata.Interface
}

func newReaders(config *rest.Config) (readers, error) {
	users, err := consumers.NewClients(config)
	if err != nil {
		return readers{}, err
	}
	client, err := metadata.NewForConfig(config)
	if err != nil {
		return readers{}, fmt.Errorf("make a client: %w", err)
	}
	return readers{users, client}, nil
}

// listSecrets lists the metadata of Secrets: all of them, since a target that has lost its labels is not one that is gone.
func (g *gathered) listSecrets(ctx context.Context, client metadata.Interface, namespace string) error {
	secrets, changed := map[types.NamespacedName]status.SecretLink{}, map[types.NamespacedName]*time.Time{}
	resource := client.Resource(corev1.SchemeGroupVersion.WithResource("secrets")).Namespace(namespace)
	options := metav1.ListOptions{Limit: pageSize}
	for {
		page, err := resource.List(ctx, options)
		if apierrors.IsForbidden(err) {
			return fmt.Errorf("you may not list Secrets (forbidden): whether they are there is not known")
		}
		if err != nil {
			return fmt.Errorf("list the metadata of secrets: %w", err)
		}
		for i := range page.Items {
			meta := &page.Items[i].ObjectMeta
			name := types.NamespacedName{Namespace: meta.Namespace, Name: meta.Name}
			secrets[name], changed[name] = linkOf(meta), consumers.Changed(meta)
		}
		if options.Continue = page.Continue; options.Continue == "" {
			break
		}
	}
	g.secrets, g.changed = secrets, changed
	return nil
}

// linkOf is what is known of a Secret whose values are not read: one that has its mark is taken to be as the last sync left it.
func linkOf(meta *metav1.ObjectMeta) status.SecretLink {
	link := status.SecretLink{Name: meta.Name, Exists: true, Integrity: status.Intact}
	if meta.Labels[api.LabelManaged] != api.LabelManagedValue {
		link.Integrity = status.Unmanaged
	}
	return link
}
