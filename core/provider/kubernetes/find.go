package kubernetes

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// pageSize is how many Secrets a LIST asks for at once.
const pageSize = 500

// Find implements provider.Finder: by labels, which tags are, or else by name; path has no effect, as in ESO. A LIST brings the
// Secrets whole, so those that match are kept until they are read.
func (r *reader) Find(ctx context.Context, find *api.Find) ([]provider.Found, error) {
	selector, matches, err := criteria(find)
	if err != nil {
		return nil, err
	}
	var found []provider.Found
	err = r.list(ctx, selector, func(s *corev1.Secret) {
		if !matches(s.Name) {
			return
		}
		found = append(found, provider.Found{Key: s.Name, Ref: provider.Ref{Key: s.Name}})
		r.mu.Lock()
		defer r.mu.Unlock()
		r.found[s.Name] = newRemote(s)
	})
	slices.SortFunc(found, func(a, b provider.Found) int { return strings.Compare(a.Key, b.Key) })
	return found, err
}

// criteria are what labels and names must be.
func criteria(find *api.Find) (selector string, matches func(name string) bool, err error) {
	switch {
	case find.Tags != nil:
		parsed, err := labels.ValidatedSelectorFromSet(find.Tags)
		if err != nil {
			return "", nil, invalid("find.tags are no labels: %v", err)
		}
		return parsed.String(), func(string) bool { return true }, nil
	case find.Name != nil:
		name, err := regexp.Compile(find.Name.RegExp)
		if err != nil {
			return "", nil, invalid("find.name.regexp: %v", err)
		}
		return "", name.MatchString, nil
	default:
		return "", nil, invalid("find has neither tags nor name: provider kubernetes finds by one of them")
	}
}

// finds tells whether a search could come upon a name, whatever the labels.
func finds(find *api.Find, name string) bool {
	_, matches, err := criteria(find)
	return err == nil && matches(name)
}

// list pages through the Secrets that the selector admits.
func (r *reader) list(ctx context.Context, selector string, each func(*corev1.Secret)) error {
	token := ""
	for {
		request := r.client.Get().Namespace(r.namespace).Resource("secrets").Param("limit", strconv.Itoa(pageSize))
		for name, value := range map[string]string{"labelSelector": selector, "continue": token} {
			if value != "" {
				request = request.Param(name, value)
			}
		}
		object, err := request.Do(r.meter.Call(ctx)).Get()
		if err != nil {
			return r.classify(opList, err)
		}
		page, ok := object.(*corev1.SecretList)
		if !ok {
			return unreadable(opList) // and not an empty list, for which a Secret might be deleted
		}
		for i := range page.Items {
			each(&page.Items[i])
		}
		switch page.Continue {
		case "":
			return nil
		case token:
			return &provider.Error{Kind: provider.Unavailable, Op: opList, Message: "the server answers the same page of the list again and again", Hint: notAnAPIServer}
		}
		token = page.Continue
	}
}
