package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provenance"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/plugin/status"
)

// The kinds of what is printed for programs.
const (
	kindExplanation = "ExternalSecretExplanation"
	kindStore       = "StoreExplanation"
	kindCauses      = "ExternalSecretCauses"
)

// Metadata names what is explained.
type Metadata struct {
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

// Explanation is what becomes of an ExternalSecret, or of a store, step by step, in the shape that programs read. It is versioned:
// fields are added, not changed. Text in it is fit for a terminal.
type Explanation struct {
	metav1.TypeMeta `json:",inline"`
	Metadata        Metadata `json:"metadata"`

	// Healthy tells that each step comes through and that what was recorded of the last refresh is no failure.
	Healthy bool `json:"healthy"`
	// Failed is the first step that does not, Error what it failed with, and Diagnosis what is known about that. Of what is healthy it is
	// what is known about the warning that nobody refreshes it.
	Failed    trace.Step          `json:"failed,omitempty"`
	Error     string              `json:"error,omitempty"`
	Diagnosis *diagnose.Diagnosis `json:"diagnosis,omitempty"`
	Steps     []trace.Taken       `json:"steps"`

	// Key is where the value of the one key comes from that was asked for.
	Key *provenance.Origin `json:"key,omitempty"`
	// UsedBy counts the ExternalSecrets that read a store.
	UsedBy *UsedBy `json:"usedBy,omitempty"`

	// stores are those that the ExternalSecret names.
	stores []status.StoreRef
}

// UsedBy counts the ExternalSecrets that read a store, by what is recorded of them.
type UsedBy struct {
	Total   int `json:"total"`
	Healthy int `json:"healthy"`
}

// taken is a step of it; nil if it has none of that name.
func (e *Explanation) taken(step trace.Step) *trace.Taken {
	i := slices.IndexFunc(e.Steps, func(t trace.Taken) bool { return t.Step == step })
	if i < 0 {
		return nil
	}
	return &e.Steps[i]
}

// fail ends it at a step, unless an earlier one has failed, which is what the eye is to fall on.
func (e *Explanation) fail(step trace.Step, message string, known diagnose.Diagnosis) {
	if t := e.taken(step); t != nil {
		t.State, t.Message = trace.Failed, message
	}
	e.Healthy = false
	if e.Failed == "" {
		e.Failed, e.Error, e.Diagnosis = step, message, &known
	}
}

// Causes are the reasons for which ExternalSecrets fail, the one that most of them share first.
type Causes struct {
	metav1.TypeMeta `json:",inline"`
	// Total is how many ExternalSecrets were looked at, Broken how many of them are.
	Total  int     `json:"total"`
	Broken int     `json:"broken"`
	Causes []Cause `json:"causes"`
	// Warned is how many of those that are not broken nobody refreshes, which Warnings tells of.
	Warned   int     `json:"warned"`
	Warnings []Cause `json:"warnings"`
}

// Cause is a reason, and whom it concerns.
type Cause struct {
	// Failed is the step that fails or, of a warning, has it.
	Failed    trace.Step         `json:"failed"`
	Diagnosis diagnose.Diagnosis `json:"diagnosis"`
	// Store is where it arises, if it is a store's.
	Store   string   `json:"store,omitempty"`
	Objects []Object `json:"objects"`
}

// Object is an ExternalSecret with what it failed with.
type Object struct {
	Metadata `json:",inline"`
	Error    string `json:"error"`
}

// group sorts explanations by their root causes.
func group(all []*Explanation) Causes {
	var broken, warned []*Explanation
	for _, e := range all {
		switch {
		case !e.Healthy:
			broken = append(broken, e)
		case e.Diagnosis != nil:
			warned = append(warned, e)
		}
	}
	return Causes{
		TypeMeta: typeMeta(kindCauses), Total: len(all), Broken: len(broken), Causes: causesOf(broken), Warned: len(warned), Warnings: causesOf(warned),
	}
}

// causesOf are what is known about the failures or warnings, in the words for it, which may name a host or a caller, and, where a store is
// the place, which one; of what is not known, the text.
func causesOf(all []*Explanation) []Cause {
	type key struct {
		id, cause, place string
		step             trace.Step
	}
	causes := []Cause{}
	at := map[key]int{}
	for _, e := range all {
		step, text := e.trouble()
		store := e.store(step, text)
		k := key{id: e.Diagnosis.ID, cause: e.Diagnosis.Cause, step: step, place: store}
		if e.Diagnosis.ID == diagnose.Unknown {
			k.place = text
		}
		i, ok := at[k]
		if !ok {
			i = len(causes)
			at[k] = i
			causes = append(causes, Cause{Failed: step, Diagnosis: *e.Diagnosis, Store: store})
		}
		causes[i].Objects = append(causes[i].Objects, Object{Metadata: e.Metadata, Error: text})
	}
	slices.SortStableFunc(causes, func(a, b Cause) int { return cmp.Compare(len(b.Objects), len(a.Objects)) })
	return causes
}

// trouble is where and with what it fails or, if it does not, what is warned of.
func (e *Explanation) trouble() (trace.Step, string) {
	if !e.Healthy {
		return e.Failed, e.Error
	}
	return trace.Due, e.taken(trace.Due).Message
}

// store names the store at which it fails: the one that the text is about or, where none is told, all that the ExternalSecret names.
// It is empty where what fails is no store's.
func (e *Explanation) store(step trace.Step, text string) string {
	if step.Index() < trace.Store.Index() || step.Index() > trace.Identity.Index() {
		return ""
	}
	var names []string
	withoutCluster := strings.ReplaceAll(text, api.KindClusterSecretStore, "")
	for _, ref := range e.stores {
		in, name := withoutCluster, storeName(ref, e.Metadata.Namespace)
		if ref.Kind == api.KindClusterSecretStore {
			in = text
		}
		if strings.Contains(in, fmt.Sprintf("%s %q", ref.Kind, ref.Name)) {
			return name
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// storeName names a store for a person, such as: SecretStore shop/aws.
func storeName(ref status.StoreRef, namespace string) string {
	if ref.Kind == api.KindSecretStore {
		return ref.Kind + " " + namespace + "/" + ref.Name
	}
	return ref.Kind + " " + ref.Name
}
