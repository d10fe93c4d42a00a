package write

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/json"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/secret"
)

// Field is a part of an object that is no Secret.
type Field struct {
	// Path leads to it from the object: names of fields and indexes of lists, string and int.
	Path []any
	// Value is JSON.
	Value secret.Value
	// Merge tells that a map is to be merged into the one that is there.
	Merge bool
}

// emptyObject is a target that is no Secret, without content.
func emptyObject(es *api.ExternalSecret) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: map[string]any{}}
	object.SetGroupVersionKind(kindOf(es))
	object.SetNamespace(es.Namespace)
	object.SetName(TargetName(es))
	return object
}

// desiredObject is a target that is no Secret as an ExternalSecret wants it, given the one that is there (nil if none). Its data
// is replaced as that of a Secret is; of the rest, what the ExternalSecret does not set stays.
func desiredObject(es *api.ExternalSecret, apiVersion string, content Content, live *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	want := emptyObject(es)
	var before *metav1.ObjectMeta
	mine := owned{}
	if live != nil {
		want = live.DeepCopy()
		var err error
		if before, err = metaOf(live); err != nil {
			return nil, err
		}
		mine = ownedBy(before, api.FieldManager(es.Name), es.Spec.Target.DataPath())
	}
	meta, err := desiredMeta(es, apiVersion, content, before, mine)
	if err != nil {
		return nil, err
	}
	if err := setData(want, es, content.Data, mine); err != nil {
		return nil, err
	}
	for _, field := range content.Fields {
		if err := setField(want.Object, field); err != nil {
			return nil, err
		}
	}
	meta.Annotations[api.AnnotationDataHash] = api.ObjectHash(want.Object)
	want.SetManagedFields(nil) // the server keeps what it has
	want.SetLabels(meta.Labels)
	want.SetAnnotations(meta.Annotations)
	want.SetFinalizers(meta.Finalizers)
	want.SetOwnerReferences(meta.OwnerReferences)
	return want, nil
}

// setData puts texts where the data of the object is. A template that makes none leaves what is there.
func setData(want *unstructured.Unstructured, es *api.ExternalSecret, values map[string]secret.Value, mine owned) error {
	path := es.Spec.Target.DataPath()
	if len(values) == 0 && es.Spec.Target.Template.HasData() && len(mine.Data) == 0 {
		return nil
	}
	data := map[string]any{}
	if es.Spec.Target.Merges() {
		existing, _, err := unstructured.NestedMap(want.Object, path...)
		if err != nil {
			return fmt.Errorf("%s is no map", strings.Join(path, "."))
		}
		data = without(existing, mine.Data)
	}
	for key, value := range values {
		if !utf8.Valid(value.Reveal()) {
			return fmt.Errorf("the value of key %q is not text, and a %s holds nothing else: use a Secret", key, es.Spec.Target.KindOf())
		}
		data[key] = string(value.Reveal())
	}
	if err := unstructured.SetNestedMap(want.Object, data, path...); err != nil {
		return fmt.Errorf("%s can't be set: a field on the way is no map", strings.Join(path, "."))
	}
	return nil
}

// setField sets a field, and makes the maps and lists on the way to it. No error quotes a value.
func setField(object map[string]any, field Field) error {
	var value any
	if err := json.Unmarshal(field.Value.Reveal(), &value); err != nil {
		return fmt.Errorf("%s: its value is not JSON", pathOf(field.Path))
	}
	_, err := set(object, field.Path, func(before any) any {
		was, isMap := before.(map[string]any)
		is, becomesMap := value.(map[string]any)
		if !field.Merge || !isMap || !becomesMap {
			return value
		}
		maps.Copy(was, is)
		return was
	})
	if err != nil {
		return fmt.Errorf("%s can't be set: %w", pathOf(field.Path), err)
	}
	return nil
}

var errOtherShape = errors.New("a field on the way is of another shape in the object that is there")

// set changes what path leads to in node, which may be nil, and returns node as it is then.
func set(node any, path []any, change func(before any) any) (any, error) {
	if len(path) == 0 {
		return change(node), nil
	}
	var err error
	switch step := path[0].(type) {
	case string:
		fields, ok := node.(map[string]any)
		if node == nil {
			fields, ok = map[string]any{}, true
		}
		if !ok {
			return nil, errOtherShape
		}
		fields[step], err = set(fields[step], path[1:], change)
		return fields, err
	case int:
		list, ok := node.([]any)
		if !ok && node != nil {
			return nil, errOtherShape
		}
		for len(list) <= step {
			list = append(list, nil)
		}
		list[step], err = set(list[step], path[1:], change)
		return list, err
	default:
		return nil, errOtherShape
	}
}

// pathOf writes a path as it stands in a template.
func pathOf(path []any) string {
	var text strings.Builder
	for i, step := range path {
		switch step := step.(type) {
		case int:
			fmt.Fprintf(&text, "[%d]", step)
		default:
			if i > 0 {
				text.WriteString(".")
			}
			fmt.Fprint(&text, step)
		}
	}
	return text.String()
}

// withoutMeta are the fields of an object that hold its content.
func withoutMeta(object map[string]any) map[string]any {
	content := maps.Clone(object)
	for _, field := range []string{"apiVersion", "kind", "metadata", "status"} {
		delete(content, field)
	}
	return content
}

// compare adds the fields in which two maps differ. path is theirs, empty or with a dot behind it.
func (c *Changes) compare(path string, before, after map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(after)) {
		was, existed := before[name]
		is := after[name]
		wasMap, _ := was.(map[string]any)
		isMap, ok := is.(map[string]any)
		switch {
		case ok && len(isMap) > 0 && (!existed || wasMap != nil):
			c.compare(path+name+".", wasMap, isMap)
		case !existed:
			c.Added = append(c.Added, path+name)
		case !equality.Semantic.DeepEqual(was, is):
			c.Changed = append(c.Changed, path+name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before)) {
		if _, stays := after[name]; !stays {
			c.Removed = append(c.Removed, path+name)
		}
	}
}
