package doctor

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

const (
	kindStore        = api.KindSecretStore
	kindClusterStore = api.KindClusterSecretStore
)

// crdObject is what matters of a CustomResourceDefinition, whose schemas are large.
type crdObject struct {
	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     struct {
		Versions []struct {
			Name    string `json:"name"`
			Served  bool   `json:"served"`
			Storage bool   `json:"storage"`
		} `json:"versions"`
		Conversion struct {
			Strategy string `json:"strategy"`
			Webhook  *struct {
				ClientConfig *struct {
					Service *struct{ Namespace, Name string } `json:"service"`
				} `json:"clientConfig"`
			} `json:"webhook"`
		} `json:"conversion"`
	} `json:"spec"`
	Status struct {
		Conditions     []metav1.Condition `json:"conditions"`
		StoredVersions []string           `json:"storedVersions"`
	} `json:"status"`
}

// required are the resources without which nothing works.
func required() []string {
	return []string{api.ResourceExternalSecrets, api.ResourceSecretStores, api.ResourceClusterSecretStores}
}

// crds reads those definitions by name that matter here: a list would bring the schemas of all.
func (g *gatherer) crds(ctx context.Context) known[[]crd] {
	resources := append(required(), api.ResourceClusterExternalSecrets)
	read := make([]known[crd], len(resources))
	var work []func(context.Context)
	for i, resource := range resources {
		work = append(work, func(ctx context.Context) { read[i] = g.crd(ctx, resource) })
	}
	together(ctx, work...)
	var all known[[]crd]
	for _, one := range read {
		if one.err != nil {
			all.err = cmp.Or(all.err, one.err)
			continue
		}
		all.value = append(all.value, one.value)
	}
	return all
}

func (g *gatherer) crd(ctx context.Context, resource string) known[crd] {
	read := crd{resource: resource}
	answer := g.core.RESTClient().Get().
		AbsPath("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", read.name()).Do(ctx)
	if err := answer.Error(); err != nil {
		read.missing = apierrors.IsNotFound(err)
		if read.missing {
			err = nil
		}
		return known[crd]{read, err}
	}
	body, err := answer.Raw()
	if err != nil {
		return known[crd]{read, err}
	}
	var object crdObject
	if err := json.Unmarshal(body, &object); err != nil {
		return known[crd]{read, fmt.Errorf("read the CustomResourceDefinition %s: %w", read.name(), err)}
	}
	read.stored, read.owner = object.Status.StoredVersions, ownerOf(&object.Metadata)
	read.established = slices.ContainsFunc(object.Status.Conditions, func(c metav1.Condition) bool {
		return c.Type == "Established" && c.Status == metav1.ConditionTrue
	})
	for _, version := range object.Spec.Versions {
		if version.Served {
			read.served = append(read.served, version.Name)
		}
		if version.Storage {
			read.storage = version.Name
		}
	}
	if hook := object.Spec.Conversion.Webhook; object.Spec.Conversion.Strategy == "Webhook" && hook != nil &&
		hook.ClientConfig != nil && hook.ClientConfig.Service != nil {
		read.conversion = &service{hook.ClientConfig.Service.Namespace, hook.ClientConfig.Service.Name}
	}
	return known[crd]{value: read}
}

// ownerOf is who has installed an object: a release of Helm's or the field manager that wrote it last.
func ownerOf(object *metav1.ObjectMeta) string {
	if release := object.Annotations["meta.helm.sh/release-name"]; release != "" {
		return "Helm release " + object.Annotations["meta.helm.sh/release-namespace"] + "/" + release
	}
	var last *metav1.ManagedFieldsEntry
	for i, entry := range object.ManagedFields {
		if entry.Subresource == "" && (last == nil || last.Time.Before(entry.Time)) {
			last = &object.ManagedFields[i]
		}
	}
	if last == nil {
		return ""
	}
	return last.Manager
}

// webhooks finds those that are asked about objects of the External Secrets API.
func (g *gatherer) webhooks(ctx context.Context) known[[]webhook] {
	configurations, err := pages(func(options metav1.ListOptions) ([]admissionv1.ValidatingWebhookConfiguration, string, error) {
		list, err := g.admission.ValidatingWebhookConfigurations().List(ctx, options)
		if err != nil {
			return nil, "", err
		}
		return list.Items, list.Continue, nil
	}, metav1.ListOptions{})
	var found []webhook
	for _, configuration := range configurations {
		for _, hook := range configuration.Webhooks {
			if hook.ClientConfig.Service == nil || !slices.ContainsFunc(hook.Rules, func(rule admissionv1.RuleWithOperations) bool {
				return slices.Contains(rule.APIGroups, api.Group)
			}) {
				continue
			}
			found = append(found, webhook{
				configuration: configuration.Name, name: hook.Name,
				service: service{hook.ClientConfig.Service.Namespace, hook.ClientConfig.Service.Name},
				blocks:  hook.FailurePolicy == nil || *hook.FailurePolicy == admissionv1.Fail,
			})
		}
	}
	return known[[]webhook]{found, err}
}

// endpoints counts what answers for the Services of webhooks.
func (g *gatherer) endpoints(ctx context.Context, f *facts) map[service]known[int] {
	read := map[service]known[int]{}
	for _, hook := range f.webhooks.value {
		read[hook.service] = known[int]{}
	}
	for _, crd := range f.crds.value {
		if crd.conversion != nil {
			read[*crd.conversion] = known[int]{}
		}
	}
	for of := range read {
		slices, err := g.discovery.EndpointSlices(of.namespace).List(ctx, metav1.ListOptions{
			LabelSelector: discoveryv1.LabelServiceName + "=" + of.name,
		})
		if err != nil {
			read[of] = known[int]{err: err}
			continue
		}
		ready := 0
		for _, slice := range slices.Items {
			for _, endpoint := range slice.Endpoints {
				if endpoint.Conditions.Ready == nil || *endpoint.Conditions.Ready {
					ready++
				}
			}
		}
		read[of] = known[int]{value: ready}
	}
	return read
}
