package resolve

import (
	"context"
	"fmt"
	"slices"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api/generators"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
)

// Read is one entry of an ExternalSecret's data or dataFrom, resolved to the remote secret it wants.
type Read struct {
	// Path names the entry, such as "spec.data[0]".
	Path string
	// SecretKey is the key it fills; empty for an entry of dataFrom, which brings its own keys.
	SecretKey string
	// Remote is the entry's remoteRef or extract; nil where Find says what to look for, or Generator what to make up.
	Remote    *api.RemoteRef
	Find      *api.Find
	Generator *generators.Spec
	// Rewrite changes the keys of an entry of dataFrom.
	Rewrite []api.Rewrite
	// Store names the store for messages. Others may have the same identity, in namespaces that are none of the reader's business. A
	// generator has neither store nor identity.
	Store string
	// Identity and Ref name the remote secret: equal ones are read once. A search has no Ref.
	Identity string
	Ref      provider.Ref
}

// OtherClassError means that a store is served by another controller: not a failure, but not for this run.
type OtherClassError struct {
	Store, Class, Ours string
}

func (e *OtherClassError) Error() string {
	return fmt.Sprintf("%s is of class %q, which is not served here (%q is)", e.Store, e.Class, e.Ours)
}

// OpenError means that a store could not be opened. It names none, since it is the answer for all stores of an identity: the
// Read has the name of its own.
type OpenError struct {
	Cause error
}

func (e *OpenError) Error() string { return "open the store: " + e.Cause.Error() }

func (e *OpenError) Unwrap() error { return e.Cause }

// Planner resolves the entries of ExternalSecrets to reads. Its identities can be opened.
type Planner struct {
	Stores      *Stores
	Generators  *Generators
	Credentials provider.Credentials
	Providers   provider.Registry
	// Class is the class of the stores that are served, besides those that name none.
	Class string
	// MaxAttempts is that of the stores that Open opens: how often a request is made at most, zero meaning no bound.
	MaxAttempts int

	openers map[string]opener
}

type opener struct {
	provider provider.Provider
	Opening
}

// Opening is a store that Open is going to open for an identity.
type Opening struct {
	// Provider is the name of the store's provider.
	Provider string
	Store    provider.Store
	// Credentials are all that logging in to it may read.
	Credentials []provider.CredentialRef
	// Login is that of its provider.Location.
	Login []trace.Fact
}

// Foreign tells whether an ExternalSecret reads a store that is served by another controller, nil if not: then all of it is
// that controller's, whatever else may be wrong with it. A store that can't be found is no such store.
func (p *Planner) Foreign(ctx context.Context, es *api.ExternalSecret) *OtherClassError {
	for _, ref := range storeRefs(es) {
		store, err := p.Stores.Get(ctx, ref, es.Namespace)
		if err != nil {
			continue
		}
		if class := store.Spec.Controller; class != "" && class != p.Class {
			return &OtherClassError{Store: fmt.Sprintf("%s %q", store.Kind, store.Name), Class: class, Ours: p.Class}
		}
	}
	return nil
}

// StoresOf are the stores that an ExternalSecret names and that can be found, each once.
func (p *Planner) StoresOf(ctx context.Context, es *api.ExternalSecret) []*Store {
	var stores []*Store
	for _, ref := range storeRefs(es) {
		if store, err := p.Stores.Get(ctx, ref, es.Namespace); err == nil && !slices.Contains(stores, store) {
			stores = append(stores, store)
		}
	}
	return stores
}

// ProvidersOf are the names of the providers of the stores that an ExternalSecret names; empty where one of them can't be told.
func (p *Planner) ProvidersOf(ctx context.Context, es *api.ExternalSecret) []string {
	var names []string
	for _, ref := range storeRefs(es) {
		name := p.Stores.Provider(ctx, ref, es.Namespace)
		if name == "" {
			return nil
		}
		names = append(names, name)
	}
	return names
}

// Classes are those of the stores that an ExternalSecret reads; empty for one that names none. A store that can't be found has none.
func Classes(ctx context.Context, stores *Stores, es *api.ExternalSecret) []string {
	var classes []string
	for _, ref := range storeRefs(es) {
		if store, err := stores.Get(ctx, ref, es.Namespace); err == nil {
			classes = append(classes, store.Spec.Controller)
		}
	}
	return classes
}

// storeRefs are the stores that an ExternalSecret names.
func storeRefs(es *api.ExternalSecret) []api.SecretStoreRef {
	var refs []api.SecretStoreRef
	add := func(ref *api.SecretStoreRef) {
		if ref != nil && ref.Name != "" {
			refs = append(refs, *ref)
		}
	}
	add(&es.Spec.SecretStoreRef)
	for _, from := range es.Spec.DataFrom {
		if from.SourceRef != nil {
			add(from.SourceRef.StoreRef)
		}
	}
	for _, data := range es.Spec.Data {
		if data.SourceRef != nil {
			add(data.SourceRef.StoreRef)
		}
	}
	return refs
}

// ReadsFrom tells whether an entry of an ExternalSecret is read from the store that a reference means. One that is named for all entries need
// not be.
func ReadsFrom(es *api.ExternalSecret, ref api.SecretStoreRef) bool {
	meant := func(source *api.SourceRef) bool {
		return storeKeyOf(es.StoreRefOf(source), es.Namespace) == storeKeyOf(ref, es.Namespace)
	}
	return slices.ContainsFunc(es.Spec.Data, func(data api.Data) bool { return meant(data.SourceRef) }) ||
		slices.ContainsFunc(es.Spec.DataFrom, func(from api.DataFrom) bool {
			return (from.SourceRef == nil || from.SourceRef.GeneratorRef == nil) && meant(from.SourceRef)
		})
}

// Plan resolves an ExternalSecret to its reads: those of dataFrom first, so that data wins over them. An ExternalSecret that is
// Foreign is an *OtherClassError. It is not safe for concurrent use.
func (p *Planner) Plan(ctx context.Context, es *api.ExternalSecret) ([]Read, error) {
	if other := p.Foreign(ctx, es); other != nil {
		return nil, trace.At(trace.Class, other)
	}
	if err := Check(es); err != nil {
		return nil, trace.At(trace.Rules, err)
	}
	reads := make([]Read, 0, len(es.Spec.DataFrom)+len(es.Spec.Data))
	for i := range es.Spec.DataFrom {
		from := &es.Spec.DataFrom[i]
		read := Read{Path: fmt.Sprintf("spec.dataFrom[%d]", i), Remote: from.Extract, Find: from.Find, Rewrite: from.Rewrite}
		if read.Find != nil {
			read.Remote = nil // find goes before extract, as in ESO
		}
		var err error
		if from.SourceRef != nil && from.SourceRef.GeneratorRef != nil {
			read.Generator, err = p.generator(ctx, es, from.SourceRef.GeneratorRef, generatorField(i))
		} else {
			err = p.locate(ctx, es, from.SourceRef, &read)
		}
		if err != nil {
			return nil, trace.At(trace.Store, err)
		}
		reads = append(reads, read)
	}
	for i := range es.Spec.Data {
		data := &es.Spec.Data[i]
		reads = append(reads, Read{Path: fmt.Sprintf("spec.data[%d]", i), SecretKey: data.SecretKey, Remote: &data.RemoteRef})
		if err := p.locate(ctx, es, data.SourceRef, &reads[len(reads)-1]); err != nil {
			return nil, trace.At(trace.Store, err)
		}
	}
	return reads, nil
}

// PlanStore resolves the store that an ExternalSecret names for all its entries, as if one of them read it. Where the error is that the
// store does not admit the namespace (trace.Namespace), the Read can be opened all the same.
func (p *Planner) PlanStore(ctx context.Context, es *api.ExternalSecret) (Read, error) {
	read := Read{Path: "spec"}
	err := p.locate(ctx, es, nil, &read)
	return read, trace.At(trace.Store, err)
}

// locate finds the store of a read and checks that the ExternalSecret may use it.
func (p *Planner) locate(ctx context.Context, es *api.ExternalSecret, source *api.SourceRef, read *Read) error {
	ref, field := es.StoreRefOf(source), "spec.secretStoreRef"
	if source != nil && source.StoreRef != nil {
		field = read.Path + ".sourceRef.storeRef"
	}
	if ref.Name == "" {
		return trace.At(trace.Rules, fmt.Errorf("%s.name is missing: %s has no store to read from", field, read.Path))
	}
	store, err := p.Stores.Get(ctx, ref, es.Namespace)
	if err != nil {
		return fmt.Errorf("%s: %w", field, err)
	}
	if err := checkInterval(store.Spec.RefreshInterval); err != nil {
		return fmt.Errorf("%s: %s %q: %w", field, store.Kind, store.Name, err)
	}
	served, view, location, err := p.place(store, es.Namespace)
	if err != nil {
		return fmt.Errorf("%s: %w", field, err)
	}
	read.Store = nameOf(view)
	read.Identity = store.Spec.Provider.Name() + " " + location.Identity
	if read.Remote != nil {
		read.Ref = location.Ref(read.Remote)
	}
	if p.openers == nil {
		p.openers = map[string]opener{}
	}
	if _, ok := p.openers[read.Identity]; !ok {
		p.openers[read.Identity] = opener{served, Opening{
			Provider: store.Spec.Provider.Name(), Store: view, Credentials: location.Credentials, Login: location.Login,
		}}
	}
	if err := p.Stores.Allowed(ctx, store, es.Namespace); err != nil {
		return trace.At(trace.Namespace, fmt.Errorf("%s: %w", field, err))
	}
	return nil
}

// place is where a store is, as its provider sees it for the ExternalSecrets of a namespace.
func (p *Planner) place(store *Store, namespace string) (provider.Provider, provider.Store, provider.Location, error) {
	view := provider.Store{
		Kind: store.Kind, Namespace: store.Namespace, Name: store.Name, Consumer: namespace,
		Spec: store.Spec.Provider.Raw, Retry: store.Spec.RetrySettings,
	}
	name := store.Spec.Provider.Name()
	served, ok := p.Providers[name]
	if !ok {
		return nil, view, provider.Location{}, fmt.Errorf("%s %q uses provider %q, which %w", store.Kind, store.Name, name, ErrUnsupported)
	}
	location, err := served.Locate(view)
	if err != nil {
		return nil, view, provider.Location{}, fmt.Errorf("%s %q: %w", store.Kind, store.Name, err)
	}
	return served, view, location, nil
}

// Unsupported is why Plan refuses a store for ExternalSecrets of a namespace, if that is something that this version can't do and the store
// tells by itself; nil if not. It makes no request.
func (p *Planner) Unsupported(store *Store, namespace string) error {
	if _, _, _, err := p.place(store, namespace); IsUnsupported(err) {
		return err
	}
	return nil
}

// PlaceOf tells a person where a store is; nothing of one whose provider can't tell. Stores of one identity may differ in it.
func (p *Planner) PlaceOf(store *Store, namespace string) []trace.Fact {
	_, _, location, err := p.place(store, namespace)
	if err != nil {
		return nil
	}
	return location.Place
}

// Open opens the reader of an identity that Plan gave out.
func (p *Planner) Open(ctx context.Context, identity string) (provider.Reader, error) {
	return p.OpenWith(ctx, identity, p.Credentials)
}

// OpenWith is Open with credentials that come by another way.
func (p *Planner) OpenWith(ctx context.Context, identity string, credentials provider.Credentials) (provider.Reader, error) {
	o := p.openers[identity]
	o.Store.MaxAttempts = p.MaxAttempts
	reader, err := o.provider.Open(ctx, o.Store, credentials)
	if err != nil {
		step := trace.Identity
		if provider.KindOf(err) == provider.Invalid {
			step = trace.Credentials // what the store says of them is not enough to log in with
		}
		return nil, &OpenError{Cause: trace.At(step, err)}
	}
	return reader, nil
}

// Opening is what Open is going to open for an identity that Plan gave out.
func (p *Planner) Opening(identity string) Opening { return p.openers[identity].Opening }

// StoreOf names a store that has the identity, for messages and reports.
func (p *Planner) StoreOf(identity string) string { return nameOf(p.openers[identity].Store) }

func nameOf(store provider.Store) string {
	if store.Namespace == "" {
		return fmt.Sprintf("%s %q", store.Kind, store.Name)
	}
	return fmt.Sprintf("%s %q in namespace %q", store.Kind, store.Name, store.Namespace)
}
