package resolve

import (
	"errors"
	"fmt"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
)

// Check applies the rules that an ExternalSecret must keep beyond its schema, and refuses what this version can't do: a
// field that was ignored would give a Secret that its author did not mean.
func Check(es *api.ExternalSecret) error {
	spec := es.Spec
	if len(spec.Data) == 0 && len(spec.DataFrom) == 0 {
		return errors.New("spec has neither data nor dataFrom: there is nothing to fetch")
	}
	for _, unsupported := range []struct {
		field string
		used  bool
	}{
		{"spec.syncWindows", spec.SyncWindows != nil},
		{"spec.target.manifest", spec.Target.Manifest != nil},
		{"spec.target.template", spec.Target.Template != nil},
		{"spec.target.creationPolicy CreateOrMerge", spec.Target.CreationPolicy == api.CreationPolicyCreateOrMerge},
		{"spec.target.deletionPolicy " + string(spec.Target.DeletionPolicy),
			spec.Target.DeletionPolicy != "" && spec.Target.DeletionPolicy != api.DeletionPolicyRetain},
	} {
		if unsupported.used {
			return notSupported(unsupported.field)
		}
	}
	entryOf := map[string]int{}
	for i, data := range spec.Data {
		if data.SecretKey == "" {
			return fmt.Errorf("spec.data[%d].secretKey is missing: it names the key of the Secret", i)
		}
		if first, taken := entryOf[data.SecretKey]; taken {
			return fmt.Errorf("spec.data[%d].secretKey %q is that of spec.data[%d] already: give one of them another key", i, data.SecretKey, first)
		}
		entryOf[data.SecretKey] = i
		if err := checkRef(fmt.Sprintf("spec.data[%d].remoteRef", i), &data.RemoteRef); err != nil {
			return err
		}
		if data.SourceRef != nil && data.SourceRef.GeneratorRef != nil {
			return fmt.Errorf("spec.data[%d].sourceRef.generatorRef has no meaning: use it in dataFrom", i)
		}
	}
	for i, from := range spec.DataFrom {
		if err := checkFrom(fmt.Sprintf("spec.dataFrom[%d]", i), &from); err != nil {
			return err
		}
	}
	return nil
}

func checkFrom(path string, from *api.DataFrom) error {
	switch {
	case from.Find != nil:
		return notSupported(path + ".find")
	case from.SourceRef != nil && from.SourceRef.GeneratorRef != nil:
		return notSupported(path + ".sourceRef.generatorRef")
	case len(from.Rewrite) > 0:
		return notSupported(path + ".rewrite")
	case from.Extract == nil:
		return fmt.Errorf("%s names nothing to fetch: give it extract", path)
	default:
		return checkRef(path+".extract", from.Extract)
	}
}

func checkRef(path string, ref *api.RemoteRef) error {
	switch {
	case ref.Key == "":
		return fmt.Errorf("%s.key is missing: it names the remote secret", path)
	case ref.MetadataPolicy == api.MetadataPolicyFetch:
		return notSupported(path + ".metadataPolicy Fetch")
	}
	return nil
}

// ErrUnsupported is in the chain of each error about something that this version can't do and another controller may.
var ErrUnsupported = errors.New("is not supported by this version")

func notSupported(field string) error { return fmt.Errorf("%s %w", field, ErrUnsupported) }

// Warnings are the fields of an ExternalSecret that are accepted and have no effect.
func Warnings(es *api.ExternalSecret) []string {
	if es.Spec.SecretStoreRef.Key != "" {
		return []string{"spec.secretStoreRef.key is ignored: spec.secretStoreRef.name names the store"}
	}
	return nil
}
