package core

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/kube"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/resolve"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/shape/template"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/write"
)

// NeedsConfig says of which passes the needs are asked.
type NeedsConfig struct {
	Kube      *rest.Config
	Providers provider.Registry
	Scope     resolve.Scope
	// Class, GenericTargets are those of Config.
	Class          string
	GenericTargets bool
	// ListSecrets lets a pass list Secrets, where it would otherwise read them by name.
	ListSecrets bool
}

// Needs are the rights that passes over some ExternalSecrets take, as those and their stores are now.
type Needs struct {
	// Rights may have repetitions.
	Rights []kube.Right
	// Namespaces are those that have an ExternalSecret to refresh, in order.
	Namespaces []string
	// Stores are what is read of providers, in the order of the stores' first use.
	Stores []StoreNeeds
	// Problems are ExternalSecrets whose needs are not all known.
	Problems []Problem
}

// StoreNeeds is what is read as one store identity.
type StoreNeeds struct {
	resolve.Opening
	// Names are those of the stores, for a person.
	Names []string
	// Refs and Finds may have repetitions.
	Refs  []provider.Ref
	Finds []*api.Find

	identity string
}

// Problem is why the needs of an ExternalSecret are not all known.
type Problem struct {
	resolve.Item
	Cause error
	// Providers are those of all its stores; empty where one of them can't be told.
	Providers []string
}

// FindNeeds plans passes over a scope as Sync does, and makes none. The error is for what kept the whole from being known.
func FindNeeds(ctx context.Context, config NeedsConfig) (Needs, error) {
	client, err := kube.New(ctx, config.Kube)
	if err != nil {
		return Needs{}, err
	}
	items, err := resolve.Select(ctx, client, config.Scope)
	if err != nil {
		return Needs{}, err
	}
	stores := &knownObjects{Client: client}
	if len(config.Scope.Names) == 0 {
		if err := stores.load(ctx, config.Scope.Namespaces); err != nil {
			return Needs{}, err
		}
	}
	slices.SortStableFunc(items, func(a, b resolve.Item) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	f := &needsFinder{NeedsConfig: config, client: client}
	for len(items) > 0 {
		namespace := items[0].Namespace
		end := slices.IndexFunc(items, func(i resolve.Item) bool { return i.Namespace != namespace })
		if end < 0 {
			end = len(items)
		}
		f.namespace(ctx, namespace, items[:end], stores)
		items = items[end:]
	}
	return f.needs, nil
}

// needsFinder is the state of one FindNeeds.
type needsFinder struct {
	NeedsConfig
	client *kube.Client
	needs  Needs
}

// namespace adds the needs of the ExternalSecrets of a namespace; none where all are other controllers'.
func (f *needsFinder) namespace(ctx context.Context, namespace string, items []resolve.Item, known *knownObjects) {
	var rights []kube.Right
	note := func(more ...kube.Right) { rights = append(rights, more...) }
	reader := &asked{knownObjects: known, note: note}
	p := &pass{planner: &resolve.Planner{
		Stores: resolve.NewStores(reader, reader), Generators: resolve.NewGenerators(reader), Providers: f.Providers, Class: f.Class,
	}}
	served := false
	for _, item := range items {
		if item.ES == nil {
			f.needs.Problems = append(f.needs.Problems, Problem{Item: item, Cause: item.Err})
			served = served || !item.Missing // its failure is recorded
			continue
		}
		if item.ES.DeletionTimestamp != nil && !write.Abandoned(item.ES, time.Now()) {
			continue
		}
		if p.planner.Foreign(ctx, item.ES) != nil || p.planner.ForeignGenerator(ctx, item.ES) != nil {
			continue
		}
		served = true
		if err := f.one(ctx, p, item.ES, note); err != nil {
			f.needs.Problems = append(f.needs.Problems, Problem{Item: item, Cause: err, Providers: p.planner.ProvidersOf(ctx, item.ES)})
		}
	}
	if !served {
		return
	}
	note(kube.Right{Group: api.Group, Resource: api.ResourceExternalSecrets, Verb: "list", Namespace: namespace})
	note(write.RightsToRecord(namespace)...)
	if f.ListSecrets {
		note(kube.Right{Resource: "secrets", Verb: "list", Namespace: namespace})
	}
	f.needs.Rights = append(f.needs.Rights, rights...)
	f.needs.Namespaces = append(f.needs.Namespaces, namespace)
}

// one adds the needs of an ExternalSecret, as far as they are known.
func (f *needsFinder) one(ctx context.Context, p *pass, es *api.ExternalSecret, note func(...kube.Right)) error {
	resource := schema.GroupResource{Resource: "secrets"}
	if manifest := es.Spec.Target.Manifest; manifest != nil {
		if !f.GenericTargets {
			return errGenericTargets
		}
		found, err := f.client.ResourceOf(ctx, schema.FromAPIVersionAndKind(manifest.APIVersion, manifest.Kind))
		if err != nil {
			return fmt.Errorf("spec.target.manifest: %w", err)
		}
		resource = found.GroupResource()
	}
	note(write.Rights(es, resource)...)
	if es.DeletionTimestamp != nil {
		return nil
	}
	reads, err := p.plan(ctx, es)
	if err != nil {
		return err
	}
	if wanted := es.Spec.Target.Template; wanted != nil {
		for _, ref := range template.Needs(wanted) {
			resources := map[template.Kind]string{template.KindConfigMap: "configmaps", template.KindSecret: "secrets"}
			note(kube.Right{Resource: resources[ref.Kind], Verb: "get", Namespace: es.Namespace, Name: ref.Name})
		}
	}
	for _, read := range reads {
		if read.Generator != nil {
			continue // noted as it was found
		}
		opening := p.planner.Opening(read.Identity)
		for _, ref := range opening.Credentials {
			note(rightTo(ref))
		}
		f.read(read, opening)
	}
	return nil
}

// rightTo is what reading a credential takes.
func rightTo(ref provider.CredentialRef) kube.Right {
	right := kube.Right{Verb: "get", Namespace: ref.Namespace, Name: ref.Name}
	switch ref.Kind {
	case provider.CredentialSecret:
		right.Resource = "secrets"
	case provider.CredentialConfigMap:
		right.Resource = "configmaps"
	case provider.CredentialServiceAccount:
		right.Resource = "serviceaccounts"
	case provider.CredentialToken:
		right.Resource, right.Verb = "serviceaccounts/token", "create"
	}
	return right
}

// read adds a read to those of its store's identity.
func (f *needsFinder) read(read resolve.Read, opening resolve.Opening) {
	at := slices.IndexFunc(f.needs.Stores, func(s StoreNeeds) bool { return s.identity == read.Identity })
	if at < 0 {
		at = len(f.needs.Stores)
		f.needs.Stores = append(f.needs.Stores, StoreNeeds{Opening: opening, identity: read.Identity})
	}
	s := &f.needs.Stores[at]
	if !slices.Contains(s.Names, read.Store) {
		s.Names = append(s.Names, read.Store)
	}
	if read.Find != nil {
		s.Finds = append(s.Finds, read.Find)
	} else {
		s.Refs = append(s.Refs, read.Ref)
	}
}
