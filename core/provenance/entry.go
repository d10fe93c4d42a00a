package provenance

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// Entry is an entry of spec.data or spec.dataFrom, and what it asks for.
type Entry struct {
	// Path names the entry, such as spec.data[0].
	Path string `json:"path"`
	// Any tells that it gives keys that only the provider knows.
	Any bool `json:"any,omitempty"`
	// Store is where it asks, as KIND/NAME; empty for a generator, and where none is named.
	Store string `json:"store,omitempty"`
	// Generator makes the values up, as KIND/NAME.
	Generator string `json:"generator,omitempty"`
	RemoteKey string `json:"remoteKey,omitempty"`
	// Version is empty for the current one.
	Version  string `json:"version,omitempty"`
	Property string `json:"property,omitempty"`
	// Find is a search in words.
	Find string `json:"find,omitempty"`
	// Tags tells that it is the tags of the remote secret that are fetched.
	Tags bool `json:"tags,omitempty"`
	// Decoding is how values are decoded; empty for not at all.
	Decoding string `json:"decoding,omitempty"`
	// Rewrites are the rules that keys go through, in their order.
	Rewrites []string `json:"rewrites,omitempty"`
}

// entries are those that can give a fetched value the key, the one that wins first. certain tells that an entry of spec.data
// names the key: then another one gives it only where absence at the provider is no failure.
func (s *spec) entries(key string) (entries []Entry, certain bool) {
	for i, data := range slices.Backward(s.es.Spec.Data) {
		if data.SecretKey != key {
			continue
		}
		certain = true
		entry := Entry{Path: fmt.Sprintf("spec.data[%d]", i), Store: s.store(data.SourceRef)}
		entry.remote(&data.RemoteRef)
		if entries = append(entries, entry); s.es.Spec.Target.Retains() {
			return entries, true
		}
	}
	for i, from := range slices.Backward(s.es.Spec.DataFrom) {
		entries = append(entries, s.from(i, &from))
	}
	return entries, certain
}

func (s *spec) from(i int, from *api.DataFrom) Entry {
	entry := Entry{Path: fmt.Sprintf("spec.dataFrom[%d]", i), Any: true}
	switch {
	case from.SourceRef != nil && from.SourceRef.GeneratorRef != nil:
		entry.Generator = secret.Printable(from.SourceRef.GeneratorRef.Kind + "/" + from.SourceRef.GeneratorRef.Name)
	case from.Find != nil:
		entry.Store = s.store(from.SourceRef)
		entry.Find, entry.Decoding = findText(from.Find), decoding(from.Find.DecodingStrategy)
	case from.Extract != nil:
		entry.Store = s.store(from.SourceRef)
		entry.remote(from.Extract)
	}
	for i, rule := range from.Rewrite {
		entry.Rewrites = append(entry.Rewrites, fmt.Sprintf("rewrite[%d] %s", i, rewriteText(rule)))
	}
	return entry
}

func (e *Entry) remote(ref *api.RemoteRef) {
	e.RemoteKey, e.Version, e.Property = secret.Printable(ref.Key), secret.Printable(ref.Version), secret.Printable(ref.Property)
	e.Tags, e.Decoding = ref.MetadataPolicy == api.MetadataPolicyFetch, decoding(ref.DecodingStrategy)
}

func (s *spec) store(source *api.SourceRef) string {
	ref := s.es.StoreRefOf(source)
	if ref.Name == "" {
		return ""
	}
	return secret.Printable(cmp.Or(ref.Kind, api.KindSecretStore) + "/" + ref.Name)
}

func decoding(strategy api.DecodingStrategy) string {
	if strategy == api.DecodingStrategyNone {
		return ""
	}
	return secret.Printable(string(strategy))
}

func findText(find *api.Find) string {
	var words []string
	if find.Path != nil {
		words = append(words, fmt.Sprintf("path %q", *find.Path))
	}
	if find.Name != nil {
		words = append(words, fmt.Sprintf("name %q", find.Name.RegExp))
	}
	for _, tag := range slices.Sorted(maps.Keys(find.Tags)) {
		words = append(words, fmt.Sprintf("tag %s=%q", tag, find.Tags[tag]))
	}
	return secret.Printable(cmp.Or(strings.Join(words, ", "), "all"))
}

// rewriteText is a rule in words. Of a template the text is not shown.
func rewriteText(rule api.Rewrite) string {
	switch {
	case rule.Regexp != nil:
		return secret.Printable(fmt.Sprintf("regexp %q to %q", rule.Regexp.Source, rule.Regexp.Target))
	case rule.Transform != nil:
		return "transform"
	case rule.Merge != nil && rule.Merge.Strategy == api.RewriteMergeJSON:
		return secret.Printable(fmt.Sprintf("merge into %q", rule.Merge.Into))
	case rule.Merge != nil:
		return "merge"
	default:
		return "nothing"
	}
}

// String is the entry in words, such as: spec.data[0], SecretStore/aws, remote key "app/db", property "password".
func (e Entry) String() string {
	words := []string{e.Path}
	add := func(text, format string) {
		if text != "" {
			words = append(words, fmt.Sprintf(format, text))
		}
	}
	add(e.Store, "%s")
	add(e.Generator, "generator %s")
	add(e.Find, "find %s")
	add(e.RemoteKey, "remote key %q")
	add(e.Version, "version %q")
	add(e.Property, "property %q")
	if e.Tags {
		words = append(words, "its tags")
	}
	add(e.Decoding, "decoded as %s")
	add(strings.Join(e.Rewrites, ", "), "%s")
	return strings.Join(words, ", ")
}

// String is where the template is, such as: spec.target.template.templateFrom[0].configMap.items[0] (ConfigMap/tpl, key "url").
func (t Template) String() string {
	if t.Object == "" {
		return t.Path
	}
	return fmt.Sprintf("%s (%s, key %q)", t.Path, t.Object, t.ObjectKey)
}

// String is the line and what it takes, such as: line 3 takes password, username.
func (l Line) String() string {
	what := strings.Join(l.Keys, ", ")
	if l.All {
		what = "all values"
	}
	return fmt.Sprintf("line %d takes %s", l.Line, what)
}
