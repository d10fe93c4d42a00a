// Package provenance tells where the value of each key of a Secret comes from, by what an ExternalSecret's spec says: which
// entries can give it, from which store and remote secret, and which lines of which templates. It is pure, and knows neither
// values nor what the provider holds.
package provenance

import (
	"maps"
	"slices"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template/engine"
)

// Certainty tells how much the spec says about a key.
type Certainty string

// The certainties.
const (
	// Certain: the one entry, or the one template, that is named gives the key.
	Certain Certainty = "Certain"
	// Possible: one of those that are named gives the key if it is given at all. Which keys these have only the provider knows,
	// or the template when it is rendered.
	Possible Certainty = "Possible"
	// InputOnly: the value is fetched for templates, which are all that becomes the Secret.
	InputOnly Certainty = "InputOnly"
	// Unexplained: nothing in the spec gives the key. Somebody else wrote it, or it is left of an entry that was removed.
	Unexplained Certainty = "Unexplained"
)

// Origin is where the value of one key comes from. Text in it is fit for a terminal.
type Origin struct {
	Key       string    `json:"key"`
	Certainty Certainty `json:"certainty"`
	// Missing tells that the Secret lacks the key though the spec is certain to give it.
	Missing bool `json:"missing,omitempty"`
	// Entries can give the value, the one that wins first.
	Entries []Entry `json:"entries,omitempty"`
	// Templates can make the value, the one that wins first. They win over entries.
	Templates []Template `json:"templates,omitempty"`
	// UsedBy are the templates that take what the entries give under this key.
	UsedBy []Template `json:"usedBy,omitempty"`
}

// Template is a template and the lines of it that take values. Its text is not shown: its author may have written secrets there.
type Template struct {
	// Path is where it is, such as spec.target.template.data.url.
	Path string `json:"path"`
	// Object is the ConfigMap or Secret that holds it, as KIND/NAME, and ObjectKey the key there; empty where the spec itself does.
	Object    string `json:"object,omitempty"`
	ObjectKey string `json:"objectKey,omitempty"`
	Lines     []Line `json:"lines,omitempty"`
	// Unread tells that the text was not read, so that its lines are not known.
	Unread bool   `json:"unread,omitempty"`
	Error  string `json:"error,omitempty"`
	// Inputs are where the values that it takes come from. One without a key stands for keys that only the provider knows.
	Inputs []Origin `json:"inputs,omitempty"`
}

// Line is a line of a template that takes values.
type Line struct {
	Line int      `json:"line"`
	Keys []string `json:"keys,omitempty"`
	// All tells that it takes all values at once.
	All bool `json:"all,omitempty"`
}

// Of tells where the keys of the Secret come from, and adds those that it lacks though the spec is certain to give them. objects
// are the ConfigMaps that hold templates, as far as they were read; nil will do. The Origins are in alphabetical order.
func Of(es *api.ExternalSecret, keys []string, objects template.Objects) []Origin {
	s := newSpec(es, objects)
	all := map[string]bool{} // whether it is missing
	for _, key := range s.certain() {
		all[key] = true
	}
	for _, key := range keys {
		all[key] = false
	}
	origins := make([]Origin, 0, len(all))
	for _, key := range slices.Sorted(maps.Keys(all)) {
		origin := s.origin(key)
		origin.Missing = all[key]
		origins = append(origins, origin)
	}
	return origins
}

// OfKey tells where one key comes from, whether or not there is a Secret.
func OfKey(es *api.ExternalSecret, key string, objects template.Objects) Origin {
	return newSpec(es, objects).origin(key)
}

// spec is an ExternalSecret's spec as it is asked.
type spec struct {
	es     *api.ExternalSecret
	usages []template.Usage
	// shown are the usages in the words in which they are told.
	shown []Template
	// fetched tells that the fetched values are in the Secret, beside what templates make.
	fetched bool
}

func newSpec(es *api.ExternalSecret, objects template.Objects) *spec {
	t := es.Spec.Target.Template
	s := &spec{
		es: es, usages: template.Uses(t, objects),
		fetched: !t.HasData() || t.MergePolicy == api.TemplateMergePolicyMerge,
	}
	for _, usage := range s.usages {
		s.shown = append(s.shown, templateOf(usage))
	}
	return s
}

// certain are the keys that the Secret must have whatever the provider holds.
func (s *spec) certain() []string {
	var keys []string
	if s.es.Spec.Target.CreationPolicy == api.CreationPolicyNone {
		return nil
	}
	if s.fetched {
		for _, data := range s.es.Spec.Data {
			keys = append(keys, data.SecretKey)
		}
	}
	for _, usage := range s.usages {
		if usage.Target == api.TemplateTargetData && usage.Key != "" {
			keys = append(keys, usage.Key)
		}
	}
	return keys
}

// origin is that of a key of the Secret.
func (s *spec) origin(key string) Origin {
	entries, certain := s.entries(key)
	users, named := s.usedBy(key, certain)
	origin := Origin{Key: secret.Printable(key), Certainty: Unexplained, Entries: entries, UsedBy: users}
	switch {
	case len(entries) == 0:
	case !s.fetched && (certain || named):
		origin.Certainty = InputOnly
	case !s.fetched:
		origin.Entries = nil
	case certain && len(entries) == 1:
		origin.Certainty = Certain
	default:
		origin.Certainty = Possible
	}
	templates, alone := s.templates(key)
	switch {
	case alone:
		origin.Certainty, origin.Templates, origin.Entries = Certain, templates, nil
	case len(templates) > 0:
		origin.Templates, origin.Certainty = templates, Possible
	}
	return origin
}

// templates are those that can make the key, the one that wins first; alone tells that it is that one and no other.
func (s *spec) templates(key string) (templates []Template, alone bool) {
	for i, usage := range slices.Backward(s.usages) {
		if usage.Target != api.TemplateTargetData || (usage.Key != "" && usage.Key != key) {
			continue
		}
		t := s.shown[i]
		t.Inputs = s.inputs(usage)
		templates = append(templates, t)
		if usage.Key == key {
			return templates, len(templates) == 1
		}
	}
	return templates, false
}

// inputs are where the values that a template takes come from.
func (s *spec) inputs(usage template.Usage) []Origin {
	keys := map[string]bool{}
	for _, line := range usage.Lines {
		for _, key := range line.Keys {
			keys[key] = true
		}
		if !line.All {
			continue
		}
		for _, data := range s.es.Spec.Data {
			keys[data.SecretKey] = true
		}
		if len(s.es.Spec.DataFrom) > 0 {
			keys[""] = true
		}
	}
	var inputs []Origin
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		entries, certain := s.entries(key)
		input := Origin{Key: secret.Printable(key), Certainty: Possible, Entries: entries}
		switch {
		case len(entries) == 0:
			input.Certainty = Unexplained
		case certain && len(entries) == 1:
			input.Certainty = Certain
		}
		inputs = append(inputs, input)
	}
	return inputs
}

// usedBy are the templates that take the fetched value of a key. named tells that one does so by name; one that takes all values
// counts where an entry is certain to give the key.
func (s *spec) usedBy(key string, certain bool) (users []Template, named bool) {
	key = secret.Printable(key)
	for _, t := range s.shown {
		var lines []Line
		for _, line := range t.Lines {
			names := slices.Contains(line.Keys, key)
			if names || (certain && line.All) {
				lines = append(lines, line)
			}
			named = named || names
		}
		if t.Lines = lines; len(lines) > 0 {
			users = append(users, t)
		}
	}
	return users, named
}

func templateOf(usage template.Usage) Template {
	t := Template{Path: secret.Printable(usage.Place), Unread: usage.Unread}
	if usage.Object != nil {
		t.Object = secret.Printable(string(usage.Object.Kind) + "/" + usage.Object.Name)
		t.ObjectKey = secret.Printable(usage.ObjectKey)
	}
	if usage.Err != nil {
		t.Error = secret.Printable(usage.Err.Error())
	}
	for _, use := range usage.Lines {
		t.Lines = append(t.Lines, lineOf(use))
	}
	return t
}

func lineOf(use engine.Use) Line {
	line := Line{Line: use.Line, All: use.All}
	for _, key := range use.Keys {
		line.Keys = append(line.Keys, secret.Printable(key))
	}
	return line
}
