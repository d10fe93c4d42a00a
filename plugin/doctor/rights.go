package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

// mostAccounts is for how many ServiceAccounts it is asked whether their tokens may be had.
const mostAccounts = 10

// right is what a refresh needs.
type right struct {
	group, resource string
	// subresource and name narrow it; namespace is where, unless it is the one that is looked at.
	subresource, name, namespace string
	verb                         string
	// cluster tells that it is about objects that are in no namespace.
	cluster bool
	// without says what becomes of a refresh that does not have it.
	without string
}

// kind is what the right is about, as kubectl writes it.
func (r right) kind() string {
	kind := r.resource
	if r.group != "" {
		kind += "." + r.group
	}
	if r.subresource != "" {
		kind += "/" + r.subresource
	}
	return kind
}

// grant is the answer whether one has a right.
type grant struct {
	right
	allowed bool
	err     error
}

// use is what the ExternalSecrets and stores make necessary.
type use struct {
	deletes, configMaps, released, stores, clusterStores, selects bool
	accounts                                                      []types.NamespacedName
}

// rightsFor are the rights that a refresh of what is there needs, one for each verb.
func rightsFor(f *facts) []right {
	u := useOf(f)
	var rights []right
	add := func(needed bool, of right, verbs ...string) {
		for _, verb := range verbs {
			if needed {
				of.verb = verb
				rights = append(rights, of)
			}
		}
	}
	add(true, right{group: api.Group, resource: api.ResourceExternalSecrets, without: "nothing can be refreshed"}, "get", "list")
	add(true, right{
		group: api.Group, resource: api.ResourceExternalSecrets, subresource: "status",
		without: "each refresh fails, after its Secret was written",
	}, "patch")
	add(u.released, right{
		group: api.Group, resource: api.ResourceExternalSecrets,
		without: "those that are being deleted and wait for an operator that is gone stay",
	}, "patch")
	add(u.stores, right{group: api.Group, resource: api.ResourceSecretStores, without: "what wants a SecretStore fails"}, "get")
	add(u.clusterStores, right{
		group: api.Group, resource: api.ResourceClusterSecretStores, cluster: true, without: "what wants a ClusterSecretStore fails",
	}, "get")
	add(true, right{resource: "secrets", without: "what has to be read or written of them fails"}, "get", "create", "update")
	add(u.deletes, right{resource: "secrets", without: "those that deletionPolicy Delete wants gone stay"}, "delete")
	add(u.configMaps, right{resource: "configmaps", without: "templates that are in ConfigMaps fail"}, "get")
	add(true, right{resource: "events", without: "there are no Events of what a refresh did"}, "create", "get", "patch")
	add(u.selects, right{
		resource: "namespaces", cluster: true, without: "what wants a ClusterSecretStore that selects namespaces by label fails",
	}, "get")
	for _, account := range u.accounts {
		of := right{resource: "serviceaccounts", name: account.Name, namespace: account.Namespace, without: "stores that log in by it fail"}
		add(true, of, "get")
		of.subresource = "token"
		add(true, of, "create")
	}
	return rights
}

func useOf(f *facts) use {
	var u use
	for _, item := range f.externalSecrets.value {
		if item.ES == nil {
			continue
		}
		u.deletes = u.deletes || item.ES.Spec.Target.DeletionPolicy == api.DeletionPolicyDelete
		u.released = u.released || item.ES.DeletionTimestamp != nil && slices.Contains(item.ES.Finalizers, api.FinalizerExternalSecret)
		if template := item.ES.Spec.Target.Template; template != nil {
			for _, from := range template.TemplateFrom {
				u.configMaps = u.configMaps || from.ConfigMap != nil
			}
		}
		for _, ref := range status.StoresOf(item.ES) {
			u.stores = u.stores || ref.Kind == kindStore
			u.clusterStores = u.clusterStores || ref.Kind == kindClusterStore
		}
	}
	for _, s := range slices.Concat(f.stores.value, f.clusterStores.value) {
		u.selects = u.selects || s.selects
		for _, account := range s.accounts {
			if account.Namespace != "" && len(u.accounts) < mostAccounts && !slices.Contains(u.accounts, account) {
				u.accounts = append(u.accounts, account)
			}
		}
	}
	return u
}

// rights asks the API server about each right.
func (g *gatherer) rights(ctx context.Context, rights []right, namespace string) []grant {
	grants := make([]grant, len(rights))
	var work []func(context.Context)
	for i, of := range rights {
		work = append(work, func(ctx context.Context) { grants[i] = g.grant(ctx, of, namespace) })
	}
	together(ctx, work...)
	return grants
}

func (g *gatherer) grant(ctx context.Context, of right, namespace string) grant {
	if of.namespace != "" {
		namespace = of.namespace
	}
	if of.cluster {
		namespace = ""
	}
	review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: namespace, Verb: of.verb, Group: of.group, Resource: of.resource, Subresource: of.subresource, Name: of.name,
		},
	}}
	answer, err := g.authorization.SelfSubjectAccessReviews().Create(ctx, review, metav1.CreateOptions{})
	if err != nil {
		return grant{right: of, err: err}
	}
	return grant{right: of, allowed: answer.Status.Allowed}
}

// user asks the API server for whom it takes the one who asks; empty if it does not tell.
func (g *gatherer) user(ctx context.Context) string {
	review, err := g.authentication.SelfSubjectReviews().Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return ""
	}
	return review.Status.UserInfo.Username
}

// judgeRights tells which rights a refresh by this user would miss. The runner has rights of its own.
func judgeRights(f *facts) []Finding {
	var findings []Finding
	var missing [][]right // those that can be granted by one rule
	failed := 0
	var failure error
	for _, g := range f.rights {
		switch {
		case g.err != nil:
			failed, failure = failed+1, g.err
		case !g.allowed:
			missing = groupByVerb(missing, g.right)
		}
	}
	if failed > 0 {
		findings = append(findings, unknown(checkRights, "%s could not be asked for: %v", counted(failed, "right"), failure))
	}
	for _, rights := range missing {
		first := rights[0]
		verbs := verbsOf(rights)
		what := first.kind()
		if first.name != "" {
			what += " " + first.name
		}
		findings = append(findings, found(Warning, idRightMissing, "you may not %s %s%s: %s",
			strings.Join(verbs, ", "), what, where(f, first), first.without).fix(
			"have somebody grant it, if you are to refresh:", grantCommand(f, first, verbs)))
	}
	if len(findings) == 0 {
		findings = append(findings, fine(checkRights, "you have what a refresh needs%s: %s were asked for", whereScope(f.namespace), counted(len(f.rights), "right")))
	}
	return findings
}

// groupByVerb puts a right to those that differ from it by the verb.
func groupByVerb(all [][]right, of right) [][]right {
	for i, same := range all {
		other := of
		if other.verb = same[0].verb; other == same[0] {
			all[i] = append(all[i], of)
			return all
		}
	}
	return append(all, []right{of})
}

func verbsOf(rights []right) []string {
	var verbs []string
	for _, of := range rights {
		verbs = append(verbs, of.verb)
	}
	return verbs
}

// where is in words where a right is missing.
func where(f *facts, of right) string {
	switch {
	case of.cluster:
		return ""
	case of.namespace != "":
		return whereScope(of.namespace)
	default:
		return whereScope(f.namespace)
	}
}

func whereScope(namespace string) string {
	if namespace == "" {
		return " in all namespaces"
	}
	return " in namespace " + namespace
}

// grantCommand is what an administrator types to grant the verbs.
func grantCommand(f *facts, of right, verbs []string) string {
	role := "externalsecret-refresh-" + strings.ReplaceAll(of.resource, ".", "-")
	if of.subresource != "" {
		role += "-" + of.subresource
	}
	role += "-" + strings.Join(verbs, "-")
	if of.name != "" {
		role += "-" + of.name
	}
	subject := "--user=USER"
	if parts := strings.Split(f.user, ":"); len(parts) == 4 && parts[1] == "serviceaccount" && parts[0] == "system" {
		subject = "--serviceaccount=" + quote(parts[2]+":"+parts[3])
	} else if f.user != "" {
		subject = "--user=" + quote(f.user)
	}
	namespace := f.namespace
	if of.namespace != "" {
		namespace = of.namespace
	}
	kind, in := "role", " -n "+namespace
	if of.cluster || namespace == "" {
		kind, in = "clusterrole", ""
	}
	resource := "--verb=" + strings.Join(verbs, ",") + " --resource=" + of.kind()
	if of.name != "" {
		resource += " --resource-name=" + quote(of.name)
	}
	return fmt.Sprintf("kubectl create %s %s %s%s && kubectl create %sbinding %s --%s=%s %s%s",
		kind, role, resource, in, kind, role, kind, role, secret.Printable(subject), in)
}
