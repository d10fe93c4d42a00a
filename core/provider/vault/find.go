package vault

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

const (
	// atOnce is how many requests a search makes at the same time, and perSecond how many in a second.
	atOnce    = 8
	perSecond = 50
	// deepest is how deep folders are looked into: a server that knows one answer has folders in folders without an end.
	deepest = 100
)

// search is a find that has been checked.
type search struct {
	name   *regexp.Regexp // nil means any
	folder string         // empty, or with a slash at its end
	tags   map[string]string
}

func newSearch(find *api.Find) (search, error) {
	s := search{tags: find.Tags}
	if path := strings.Trim(text(find.Path), "/"); path != "" {
		if !isPath(path) {
			return search{}, invalid("find.path %q is no folder", *find.Path)
		}
		s.folder = path + "/"
	}
	if find.Name != nil {
		var err error
		if s.name, err = regexp.Compile(find.Name.RegExp); err != nil {
			return search{}, invalid("find.name.regexp can't be read: %v", err)
		}
	}
	return s, nil
}

// finds tells whether a search could come upon a name, whatever the tags.
func finds(find *api.Find, name string) bool {
	s, err := newSearch(find)
	return err == nil && strings.HasPrefix(name, s.folder) && (s.name == nil || s.name.MatchString(name))
}

// Find implements provider.Finder: it goes through the folders from path on and takes what has the name and, in its custom metadata, the
// tags. A name is relative to the mount. A list has secrets whose latest version was deleted, too: what is found is read, which is when
// that shows, and kept for Read.
func (r *reader) Find(ctx context.Context, find *api.Find) ([]provider.Found, error) {
	s, err := newSearch(find)
	switch {
	case err != nil:
		return nil, err
	case r.mount.path == nil:
		return nil, invalid("find needs the path of the mount in %s.path", r.field)
	case len(s.tags) > 0 && r.mount.version == api.VaultKVStoreV1:
		return nil, &provider.Error{Kind: provider.Unsupported, Message: "find.tags needs version 2 of the key-value engine: version 1 keeps no metadata"}
	}
	names, err := r.list(ctx, s.folder)
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return s.name != nil && !s.name.MatchString(name) })
	if len(s.tags) > 0 {
		if names, err = r.tagged(ctx, names, s.tags); err != nil {
			return nil, err
		}
	}
	slices.Sort(names)
	there := make([]bool, len(names))
	err = each(ctx, len(names), func(ctx context.Context, i int) error {
		there[i] = provider.KindOf(r.bring(ctx, provider.Ref{Key: names[i]})) != provider.NotFound
		return ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	var found []provider.Found
	for i, name := range names {
		if there[i] {
			found = append(found, provider.Found{Key: name, Ref: provider.Ref{Key: name}})
		}
	}
	return found, nil
}

// bring reads a secret that a search has come upon, unless another search has, and keeps the answer, whose error it returns.
func (r *reader) bring(ctx context.Context, ref provider.Ref) error {
	r.mu.Lock()
	answer, ok := r.brought[ref]
	r.mu.Unlock()
	if ok {
		return answer.Err
	}
	if err := r.pace.Wait(ctx); err != nil {
		return interrupted(opRead, err)
	}
	answer = r.readOne(ctx, ref)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.brought[ref] = answer
	return answer.Err
}

// each does something with each of n things, a few at a time, until one fails.
func each(ctx context.Context, n int, do func(ctx context.Context, i int) error) error {
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i := range n {
		group.Go(func() error { return do(within, i) })
	}
	return group.Wait()
}

// list names all secrets below a folder. The folders of one depth are listed at the same time.
func (r *reader) list(ctx context.Context, folder string) ([]string, error) {
	var names []string
	depth := 0
	for folders := []string{folder}; len(folders) > 0; depth++ {
		if depth > deepest {
			return nil, &provider.Error{Kind: provider.Unavailable, Op: opList, Message: fmt.Sprintf("there are folders more than %d folders deep", deepest), Hint: notVault}
		}
		listed := make([][]string, len(folders))
		err := each(ctx, len(folders), func(ctx context.Context, i int) (err error) {
			listed[i], err = r.listOne(ctx, folders[i])
			return err
		})
		if err != nil {
			return nil, err
		}
		var deeper []string
		for i, keys := range listed {
			for _, key := range keys {
				if strings.HasSuffix(key, "/") {
					deeper = append(deeper, folders[i]+key)
				} else {
					names = append(names, folders[i]+key)
				}
			}
		}
		folders = deeper
	}
	return names, nil
}

// listOne is what is in a folder; nothing where there is no such folder.
func (r *reader) listOne(ctx context.Context, folder string) ([]string, error) {
	if err := r.pace.Wait(ctx); err != nil {
		return nil, interrupted(opList, err)
	}
	got, err := r.do(ctx, call{op: opList, method: http.MethodGet, path: strings.TrimSuffix(r.mount.metadata(folder), "/"), query: url.Values{"list": {"true"}}})
	if provider.KindOf(err) == provider.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list struct {
		Keys []string `json:"keys"`
	}
	if json.Unmarshal(got.Data, &list) != nil {
		return nil, unreadable(opList)
	}
	return list.Keys, nil
}

// tagged are those of names that have the tags, a request each.
func (r *reader) tagged(ctx context.Context, names []string, tags map[string]string) ([]string, error) {
	has := make([]bool, len(names))
	err := each(ctx, len(names), func(ctx context.Context, i int) error {
		if err := r.pace.Wait(ctx); err != nil {
			return interrupted(opMetadata, err)
		}
		noted, err := r.noted(ctx, names[i])
		if provider.KindOf(err) == provider.NotFound {
			return nil // it went in the meantime
		}
		has[i] = err == nil
		for key, want := range tags {
			if got, ok := noted[key]; !ok || got != want {
				has[i] = false
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var matching []string
	for i, name := range names {
		if has[i] {
			matching = append(matching, name)
		}
	}
	return matching, nil
}
