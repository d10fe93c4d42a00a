package doctor

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// judgeCRDs tells whether the kinds are served, and in which versions they are and were stored.
func judgeCRDs(f *facts) []Finding {
	var findings []Finding
	var missing []Object
	for _, c := range f.crds.value {
		needed := slices.Contains(required(), c.resource)
		switch {
		case c.missing && needed:
			missing = append(missing, Object{Kind: "CustomResourceDefinition", Name: c.name()})
		case c.missing:
		default:
			findings = append(findings, judgeCRD(f, c)...)
		}
	}
	if len(missing) > 0 {
		findings = slices.Insert(findings, 0, found(Problem, idCRDMissing, "%s missing: the API server does not know the kind", counted(len(missing), "CRD")).
			about(missing...).fix(bringCRDs, installCommand))
	}
	switch {
	case f.crds.err != nil && f.noAPI:
		findings = append(findings, found(Problem, idCRDMissing, "the API server does not serve %s", api.Group).
			fix(bringCRDs, installCommand))
	case f.crds.err != nil:
		findings = append(findings, unknown(checkCRDs, "%s is served; not all CRDs can be looked at: %v", f.version, f.crds.err))
	case len(findings) == 0:
		findings = append(findings, fine(checkCRDs, "%s is served%s", f.version, ownersOf(f.crds.value)))
	}
	return findings
}

// ownersOf names who has installed CRDs.
func ownersOf(crds []crd) string {
	var owners []string
	for _, c := range crds {
		if c.owner != "" && !slices.Contains(owners, c.owner) {
			owners = append(owners, c.owner)
		}
	}
	if len(owners) == 0 {
		return ""
	}
	return "; its CRDs were installed by " + strings.Join(owners, " and ")
}

const (
	bringCRDs      = "install the runner, with which the CRDs come; External Secrets Operator brings its own:"
	installCommand = "kubectl externalsecret install"
)

// newer tells how newer CRDs come: by whoever has installed those that are there. Install renews its own and no others.
func newer(c crd) []string {
	if c.owner != "kubectl-externalsecret" {
		return []string{
			fmt.Sprintf("have newer CRDs applied by whoever has installed these (%s), which are:", cmp.Or(c.owner, "it is not known who")),
			"kubectl get crd " + c.name() + " --show-managed-fields -o yaml",
		}
	}
	return []string{"install again, which renews the CRDs:", installCommand}
}

func judgeCRD(f *facts, c crd) []Finding {
	var findings []Finding
	object := Object{Kind: "CustomResourceDefinition", Name: c.name()}
	if !c.established {
		findings = append(findings, found(Problem, idCRDNotEstablished, "CRD %s is not served: it has not been accepted", c.name()).
			about(object).fix("look at its conditions:", "kubectl describe crd "+c.name()))
	}
	if !slices.Contains(c.served, api.V1) {
		findings = append(findings, found(Warning, idCRDV1NotServed, "CRD %s serves %s and not v1: manifests in v1 are refused",
			c.name(), strings.Join(c.served, ", ")).about(object).fix(newer(c)...))
	}
	if old := slices.DeleteFunc(slices.Clone(c.stored), func(v string) bool { return v == c.storage }); len(old) > 0 {
		findings = append(findings, found(Warning, idCRDStoredVersions, "objects of CRD %s may still be stored in %s", c.name(), strings.Join(old, ", ")).
			about(object).fix("write each object anew, then say that it was done:",
			// Not by replace: that would leave a resourceVersion in what kubectl apply compares with.
			fmt.Sprintf("kubectl get %s -A -o json | kubectl patch -f - --type=merge -p '{}'", c.name()),
			fmt.Sprintf(`kubectl patch crd %s --subresource=status --type=merge -p '{"status":{"storedVersions":[%q]}}'`, c.name(), c.storage)))
	}
	if c.conversion == nil {
		return findings
	}
	if ready, ok := f.endpoints[*c.conversion]; ok && ready.err == nil && ready.value == 0 {
		findings = append(findings, found(Problem, idCRDConversionDead,
			"CRD %s converts versions by Service %s/%s, for which nothing answers: requests in another version than %s fail",
			c.name(), c.conversion.namespace, c.conversion.name, c.storage).about(object).fix("convert without it; the versions have the same fields:",
			fmt.Sprintf(`kubectl patch crd %s --type=merge -p '{"spec":{"conversion":{"strategy":"None","webhook":null}}}'`, c.name())))
	}
	return findings
}

// judgeManifests tells which objects come from manifests in an old version.
func judgeManifests(f *facts) []Finding {
	if len(f.old) == 0 {
		if f.noAPI || f.externalSecrets.err != nil {
			return nil // said by the other checks
		}
		return []Finding{fine(checkManifests, "no object was last written from a manifest in v1beta1")}
	}
	severity, refused := Warning, "; newer CRDs do not serve it"
	for _, c := range f.crds.value {
		if !c.missing && !slices.Contains(c.served, api.V1Beta1) {
			severity, refused = Problem, ", which is not served any more: such manifests are refused"
		}
	}
	objects := slices.SortedFunc(slices.Values(f.old), func(a, b Object) int {
		return strings.Compare(a.Namespace+"/"+a.Name+"/"+a.Kind, b.Namespace+"/"+b.Name+"/"+b.Kind)
	})
	return []Finding{found(severity, idManifestOld, "%s last written from manifests in v1beta1%s", was(len(objects), "object"), refused).
		about(objects...).fix("write v1 in the manifests, whose fields are the same, and apply them:",
		"grep -rl external-secrets.io/v1beta1 . | xargs sed -i s,external-secrets.io/v1beta1,external-secrets.io/v1,")}
}
