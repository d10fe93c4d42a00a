package api

// StoreRefOf is the store that an entry with a source reads, unless that is a generator: its own, or the one of the whole spec. It has no
// name where neither is named.
func (es *ExternalSecret) StoreRefOf(source *SourceRef) SecretStoreRef {
	if source != nil && source.StoreRef != nil {
		return *source.StoreRef
	}
	return es.Spec.SecretStoreRef
}

// Generates tells whether an entry of dataFrom has a generator make its values up.
func (es *ExternalSecret) Generates() bool { return len(es.GeneratorRefs()) > 0 }

// GeneratorRefs are the generators that an ExternalSecret names in dataFrom.
func (es *ExternalSecret) GeneratorRefs() []GeneratorRef {
	var refs []GeneratorRef
	for _, from := range es.Spec.DataFrom {
		if from.SourceRef != nil && from.SourceRef.GeneratorRef != nil {
			refs = append(refs, *from.SourceRef.GeneratorRef)
		}
	}
	return refs
}
