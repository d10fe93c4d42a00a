package template

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// Check refuses a template that can't be rendered, whatever the values, and those whose Secret would give its author rights: a
// token of a ServiceAccount, which the API server puts into a Secret of that type, or a token to join the cluster.
func Check(t *api.Template) error { return check(t, targetOf) }

// CheckObject is Check for the template of an object that is no Secret. It has no type, and a templateFrom may have a path in
// it as the target.
func CheckObject(t *api.Template) error {
	if t.Type != "" {
		return fmt.Errorf("%s.type is for Secrets only: take it away, or spec.target.manifest", place)
	}
	return check(t, func(name string) (string, error) {
		known, err := targetOf(name)
		if err != nil {
			_, err = parsePath(name)
		}
		return known, err
	})
}

// check is what the two have in common. target reads a templateFrom's target.
func check(t *api.Template, target func(name string) (string, error)) error {
	if t.EngineVersion != "" && t.EngineVersion != api.TemplateEngineV2 {
		return fmt.Errorf("%s.engineVersion %q is not supported: there is v2 only", place, t.EngineVersion)
	}
	switch t.MergePolicy {
	case "", api.TemplateMergePolicyReplace, api.TemplateMergePolicyMerge:
	default:
		return fmt.Errorf("%s.mergePolicy %q is none of Replace and Merge", place, t.MergePolicy)
	}
	for i, from := range t.TemplateFrom {
		if _, err := target(from.Target); err != nil {
			return fmt.Errorf("%s.templateFrom[%d].%w", place, i, err)
		}
	}
	switch corev1.SecretType(t.Type) {
	case corev1.SecretTypeBootstrapToken:
		return fmt.Errorf("%s.type %s is refused: such a Secret is a token to join the cluster", place, t.Type)
	case corev1.SecretTypeServiceAccountToken:
		return checkServiceAccountToken(t)
	}
	return nil
}

// checkServiceAccountToken refuses whatever could name the ServiceAccount.
func checkServiceAccountToken(t *api.Template) error {
	const why = "is refused with type " + string(corev1.SecretTypeServiceAccountToken) + ": the Secret would be given a token of that ServiceAccount"
	if _, named := t.Metadata.Annotations[corev1.ServiceAccountNameKey]; named {
		return fmt.Errorf("%s.metadata.annotations[%s] %s", place, corev1.ServiceAccountNameKey, why)
	}
	for i, from := range t.TemplateFrom {
		if strings.EqualFold(from.Target, api.TemplateTargetAnnotations) {
			return fmt.Errorf("%s.templateFrom[%d].target %s %s", place, i, from.Target, why)
		}
	}
	return nil
}

// targetOf reads a templateFrom's target. The error begins with the field.
func targetOf(name string) (string, error) {
	if name == "" {
		return api.TemplateTargetData, nil
	}
	for _, known := range []string{api.TemplateTargetData, api.TemplateTargetLabels, api.TemplateTargetAnnotations} {
		if strings.EqualFold(name, known) {
			return known, nil
		}
	}
	return "", fmt.Errorf("target %q is none of Data, Labels and Annotations", name)
}
