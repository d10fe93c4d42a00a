package azurekv

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// search is a find that has been checked.
type search struct {
	name *regexp.Regexp // nil means any
	tags map[string]string
}

func newSearch(find *api.Find) (search, error) {
	if strings.Trim(text(find.Path), "/") != "" {
		return search{}, &provider.Error{Kind: provider.Unsupported, Message: "find.path is not supported: a key vault has no folders; use name.regexp"}
	}
	s := search{tags: find.Tags}
	if find.Name != nil {
		var err error
		if s.name, err = regexp.Compile(find.Name.RegExp); err != nil {
			return search{}, invalid("find.name.regexp can't be read: %v", err)
		}
	}
	return s, nil
}

// finds tells whether a search could come upon a name, whatever the tags: it comes upon secrets alone.
func finds(find *api.Find, name string) bool {
	s, err := newSearch(find)
	return err == nil && !strings.Contains(name, "/") && (s.name == nil || s.name.MatchString(name))
}

// Find implements provider.Finder: it goes through the list of all secrets and takes what is enabled and has the name and the tags. The
// pages of the list come one after another.
func (r *reader) Find(ctx context.Context, find *api.Find) ([]provider.Found, error) {
	s, err := newSearch(find)
	if err != nil {
		return nil, err
	}
	var found []provider.Found
	var first azsecrets.ID // of the page before
	next := r.list()
	for more := true; more; {
		var page []*azsecrets.SecretProperties
		if page, more, err = next(called(ctx, r.meter, "KeyVault."+opGetSecrets)); err != nil {
			return nil, refusal(opGetSecrets, err)
		}
		if len(page) > 0 && page[0] != nil && page[0].ID != nil {
			if *page[0].ID == first {
				return nil, &provider.Error{Kind: provider.Unavailable, Op: opGetSecrets, Message: "the service answers the same page of a list again and again", Hint: notAzure}
			}
			first = *page[0].ID
		}
		for _, listed := range page {
			if name, ok := s.match(listed); ok {
				found = append(found, provider.Found{Key: name, Ref: provider.Ref{Key: name}})
			}
		}
	}
	slices.SortFunc(found, func(a, b provider.Found) int { return strings.Compare(a.Key, b.Key) })
	return found, nil
}

// listSecrets begins a list of all secrets.
func listSecrets(client *azsecrets.Client) func() func(ctx context.Context) ([]*azsecrets.SecretProperties, bool, error) {
	return func() func(ctx context.Context) ([]*azsecrets.SecretProperties, bool, error) {
		pages := client.NewListSecretPropertiesPager(nil)
		return func(ctx context.Context) ([]*azsecrets.SecretProperties, bool, error) {
			page, err := pages.NextPage(ctx)
			return page.Value, pages.More(), err
		}
	}
}

// match tells the name of a listed secret that a search wants.
func (s search) match(listed *azsecrets.SecretProperties) (string, bool) {
	if listed == nil || listed.ID == nil || listed.Attributes == nil || listed.Attributes.Enabled == nil || !*listed.Attributes.Enabled {
		return "", false
	}
	_, name, _ := strings.Cut(string(*listed.ID), "/secrets/") // the SDK's own way panics where there is no name
	name, _, _ = strings.Cut(name, "/")
	if !isObject(name) || (s.name != nil && !s.name.MatchString(name)) {
		return "", false
	}
	for key, want := range s.tags {
		if got, ok := listed.Tags[key]; !ok || got == nil || *got != want {
			return "", false
		}
	}
	return name, true
}
