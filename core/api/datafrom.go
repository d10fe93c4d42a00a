package api

// DataFrom puts many remote values into the Secret, under keys that the provider has.
type DataFrom struct {
	// Each key of one remote secret.
	// +optional
	Extract *RemoteRef `json:"extract,omitempty"`

	// Each remote secret that matches.
	// +optional
	Find *Find `json:"find,omitempty"`

	// Changes to the keys, applied in the order given.
	// +optional
	Rewrite []Rewrite `json:"rewrite,omitempty"`

	// A store other than secretStoreRef, or a generator.
	// +optional
	SourceRef *SourceRef `json:"sourceRef,omitempty"`
}

// Find selects remote secrets. What its fields mean together is up to the provider.
type Find struct {
	// Where to begin.
	// +optional
	Path *string `json:"path,omitempty"`

	// By name.
	// +optional
	Name *FindName `json:"name,omitempty"`

	// By tags, all of which must match.
	// +optional
	Tags map[string]string `json:"tags,omitempty"`

	// What becomes of key characters that a Secret can't have.
	// +optional
	ConversionStrategy ConversionStrategy `json:"conversionStrategy,omitempty"`

	// How to decode the values.
	// +optional
	DecodingStrategy DecodingStrategy `json:"decodingStrategy,omitempty"`

	// Whether the values may hold NUL bytes.
	// +optional
	NullBytePolicy NullBytePolicy `json:"nullBytePolicy,omitempty"`
}

// FindName selects remote secrets by name.
type FindName struct {
	// Regular expression (RE2) that must match somewhere in the name.
	// +optional
	RegExp string `json:"regexp,omitempty"`
}

// Rewrite changes the keys of an entry: exactly one of its fields is set.
//
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:MaxProperties=1
type Rewrite struct {
	// Merge the JSON objects that the values are.
	// +optional
	Merge *RewriteMerge `json:"merge,omitempty"`

	// Replace what a regular expression matches in each key.
	// +optional
	Regexp *RewriteRegexp `json:"regexp,omitempty"`

	// Make each key anew with a template.
	// +optional
	Transform *RewriteTransform `json:"transform,omitempty"`
}

// RewriteRegexp replaces each match of Source in a key by Target.
type RewriteRegexp struct {
	// Regular expression (RE2).
	Source string `json:"source"`

	// Replacement, in which $1 or ${name} stands for a group.
	Target string `json:"target"`
}

// RewriteTransform makes keys with a template.
type RewriteTransform struct {
	// Go template; .value is the key.
	Template string `json:"template"`
}

// RewriteMerge merges the values, each of which is a JSON object.
type RewriteMerge struct {
	// Key for the result under strategy JSON.
	// +optional
	Into string `json:"into,omitempty"`

	// Keys to merge last, in this order, so that the last one wins.
	// +optional
	Priority []string `json:"priority,omitempty"`

	// Whether each key of priority must exist: Strict (default) or IgnoreNotFound.
	// +optional
	// +kubebuilder:default=Strict
	PriorityPolicy RewriteMergePriorityPolicy `json:"priorityPolicy,omitempty"`

	// Whether two values may hold the same inner key: Error (default) or Ignore.
	// +optional
	// +kubebuilder:default=Error
	ConflictPolicy RewriteMergeConflictPolicy `json:"conflictPolicy,omitempty"`

	// Extract (default): the inner keys become the keys. JSON: the merged object becomes the value of one key.
	// +optional
	// +kubebuilder:default=Extract
	Strategy RewriteMergeStrategy `json:"strategy,omitempty"`
}

// RewriteMergePriorityPolicy tells whether each key of a merge's priority must exist.
//
// +kubebuilder:validation:Enum=IgnoreNotFound;Strict
type RewriteMergePriorityPolicy string

// The priority policies; empty means RewriteMergePriorityStrict.
const (
	RewriteMergePriorityStrict         RewriteMergePriorityPolicy = "Strict"
	RewriteMergePriorityIgnoreNotFound RewriteMergePriorityPolicy = "IgnoreNotFound"
)

// RewriteMergeConflictPolicy tells what happens when an inner key is met twice.
//
// +kubebuilder:validation:Enum=Ignore;Error
type RewriteMergeConflictPolicy string

// The conflict policies; empty means RewriteMergeConflictError.
const (
	RewriteMergeConflictError  RewriteMergeConflictPolicy = "Error"
	RewriteMergeConflictIgnore RewriteMergeConflictPolicy = "Ignore"
)

// RewriteMergeStrategy tells where the merged object goes.
//
// +kubebuilder:validation:Enum=Extract;JSON
type RewriteMergeStrategy string

// The merge strategies; empty means RewriteMergeExtract.
const (
	RewriteMergeExtract RewriteMergeStrategy = "Extract"
	RewriteMergeJSON    RewriteMergeStrategy = "JSON"
)
