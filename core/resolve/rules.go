package resolve

import (
	"errors"
	"fmt"
	"time"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// Check applies the rules that an ExternalSecret must keep beyond its schema, and refuses what this version can't do: a
// field that was ignored would give a Secret that its author did not mean.
func Check(es *api.ExternalSecret) error {
	spec := es.Spec
	if len(spec.Data) == 0 && len(spec.DataFrom) == 0 {
		return errors.New("spec has neither data nor dataFrom: there is nothing to fetch")
	}
	if err := checkManifest(&spec.Target); err != nil {
		return err
	}
	if err := checkPolicies(&spec.Target); err != nil {
		return err
	}
	entryOf := map[string]int{}
	for i, data := range spec.Data {
		if data.SecretKey == "" {
			return fmt.Errorf("spec.data[%d].secretKey is missing: it names the key of the Secret", i)
		}
		if first, taken := entryOf[data.SecretKey]; taken && spec.Target.Retains() {
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

// checkManifest refuses what means nothing for an object that is no Secret.
func checkManifest(target *api.Target) error {
	switch manifest := target.Manifest; {
	case manifest == nil:
		return nil
	case manifest.APIVersion == "" || manifest.Kind == "":
		return errors.New("spec.target.manifest needs both apiVersion and kind")
	case target.Immutable:
		return fmt.Errorf("spec.target.immutable is for Secrets only, not for the %s of spec.target.manifest", manifest.Kind)
	default:
		return nil
	}
}

// checkPolicies refuses combinations that ESO's admission refuses: what would delete a Secret that others write, too.
func checkPolicies(target *api.Target) error {
	switch creation, deletion := target.CreationPolicy, target.DeletionPolicy; {
	case deletion == api.DeletionPolicyDelete && (target.Merges() || creation == api.CreationPolicyNone):
		return fmt.Errorf("spec.target.deletionPolicy Delete does not go with creationPolicy %s: only an own Secret may be deleted", creation)
	case deletion == api.DeletionPolicyMerge && creation == api.CreationPolicyNone:
		return errors.New("spec.target.deletionPolicy Merge has no meaning with creationPolicy None: there is no Secret")
	default:
		return nil
	}
}

func checkFrom(path string, from *api.DataFrom) error {
	switch {
	case from.SourceRef != nil && from.SourceRef.GeneratorRef != nil:
		return checkGenerator(path, from)
	case from.Find != nil && from.Extract != nil:
		return fmt.Errorf("%s has both find and extract: make two entries of them", path)
	case from.Find != nil:
		return nil
	case from.Extract == nil:
		return fmt.Errorf("%s names nothing to fetch: give it find or extract", path)
	default:
		return checkRef(path+".extract", from.Extract)
	}
}

// checkGenerator refuses an entry that has values made up and names others beside.
func checkGenerator(path string, from *api.DataFrom) error {
	switch {
	case from.Find != nil || from.Extract != nil:
		return fmt.Errorf("%s has both a generator and find or extract: make two entries of them", path)
	case from.SourceRef.StoreRef != nil:
		return fmt.Errorf("%s.sourceRef has both storeRef and generatorRef: make two entries of them", path)
	case from.SourceRef.GeneratorRef.Kind == "":
		return fmt.Errorf("%s.sourceRef.generatorRef.kind is missing", path)
	case from.SourceRef.GeneratorRef.Name == "":
		return fmt.Errorf("%s.sourceRef.generatorRef.name is missing", path)
	default:
		return nil
	}
}

func checkRef(path string, ref *api.RemoteRef) error {
	if ref.Key == "" {
		return fmt.Errorf("%s.key is missing: it names the remote secret", path)
	}
	return nil
}

// ErrUnsupported is in the chain of each error about something that this version can't do and another controller may.
var ErrUnsupported = errors.New("is not supported by this version")

func notSupported(field string) error { return fmt.Errorf("%s %w", field, ErrUnsupported) }

// UnsupportedError is an error of that sort in words of its own.
type UnsupportedError string

func (u UnsupportedError) Error() string { return string(u) }

// Is tells that it is an ErrUnsupported.
func (u UnsupportedError) Is(target error) bool { return target == ErrUnsupported }

// IsUnsupported tells whether an error is about something that this version can't do and another controller may: of the rules or of a
// provider. A pass does not record it.
func IsUnsupported(err error) bool {
	return errors.Is(err, ErrUnsupported) || provider.KindOf(err) == provider.Unsupported
}

// Warnings are the fields of an ExternalSecret that are accepted and have no effect.
func Warnings(es *api.ExternalSecret) []string {
	var warnings []string
	if es.Spec.SecretStoreRef.Key != "" {
		warnings = append(warnings, "spec.secretStoreRef.key is ignored: spec.secretStoreRef.name names the store")
	}
	_, _, problems := Blocked(es.Spec.SyncWindows, time.Time{})
	return append(warnings, problems...)
}
