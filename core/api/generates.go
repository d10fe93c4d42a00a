package api

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
