package api

// Template shapes the Secret. Its texts are Go templates over the fetched values.
type Template struct {
	// Type of the Secret; empty keeps what it has, or Opaque.
	// +optional
	Type string `json:"type,omitempty"`

	// Version of the template engine.
	// +optional
	// +kubebuilder:default=v2
	EngineVersion TemplateEngineVersion `json:"engineVersion,omitempty"`

	// Labels, annotations and finalizers of the Secret.
	// +optional
	Metadata TemplateMetadata `json:"metadata,omitzero"`

	// Replace (default): data and templateFrom stand instead of the fetched values. Merge: besides them.
	// +optional
	// +kubebuilder:default=Replace
	MergePolicy TemplateMergePolicy `json:"mergePolicy,omitempty"`

	// Templates by key of the Secret.
	// +optional
	Data map[string]string `json:"data,omitempty"`

	// Templates kept elsewhere, applied in the order given and before data.
	// +optional
	TemplateFrom []TemplateFrom `json:"templateFrom,omitempty"`
}

// HasData tells whether a template makes more than metadata: otherwise the fetched values are the data. t may be nil.
func (t *Template) HasData() bool { return t != nil && len(t.Data)+len(t.TemplateFrom) > 0 }

// TemplateMetadata is metadata for the Secret. The values of labels and annotations are templates, their keys are not.
type TemplateMetadata struct {
	// +optional
	Annotations map[string]string `json:"annotations,omitempty"`
	// +optional
	Labels map[string]string `json:"labels,omitempty"`
	// Added to the Secret, never removed.
	// +optional
	Finalizers []string `json:"finalizers,omitempty"`
}

// TemplateEngineVersion names a template engine.
//
// +kubebuilder:validation:Enum=v2
type TemplateEngineVersion string

// TemplateEngineV2 is the one engine; empty means it too.
const TemplateEngineV2 TemplateEngineVersion = "v2"

// TemplateMergePolicy tells what a template does to the fetched values.
//
// +kubebuilder:validation:Enum=Replace;Merge
type TemplateMergePolicy string

// The merge policies; empty means TemplateMergePolicyReplace.
const (
	TemplateMergePolicyReplace TemplateMergePolicy = "Replace"
	TemplateMergePolicyMerge   TemplateMergePolicy = "Merge"
)

// TemplateFrom is a source of templates: a ConfigMap, a Secret or a text, applied in this order where several are set.
type TemplateFrom struct {
	// ConfigMap in the ExternalSecret's namespace.
	// +optional
	ConfigMap *TemplateRef `json:"configMap,omitempty"`

	// Secret in the ExternalSecret's namespace.
	// +optional
	Secret *TemplateRef `json:"secret,omitempty"`

	// What the results become: Data (default), Annotations or Labels; for a manifest also a path such as spec.config.
	// +optional
	// +kubebuilder:default=Data
	Target string `json:"target,omitempty"`

	// A template whose result is YAML with keys and values.
	// +optional
	Literal *string `json:"literal,omitempty"`

	// How to decode the values of the result.
	// +optional
	ValuesDecodingStrategy DecodingStrategy `json:"valuesDecodingStrategy,omitempty"`
}

// The targets of a TemplateFrom that a Secret has, compared without regard to case; empty means TemplateTargetData.
const (
	TemplateTargetData        = "Data"
	TemplateTargetAnnotations = "Annotations"
	TemplateTargetLabels      = "Labels"
)

// TemplateRef names templates within a ConfigMap or Secret.
type TemplateRef struct {
	// Name of the object.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name"`

	// Keys of the object that hold templates.
	Items []TemplateRefItem `json:"items"`
}

// TemplateRefItem is one template of a TemplateRef.
type TemplateRefItem struct {
	// Key of the object.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	Key string `json:"key"`

	// Values (default): the result is the value of this key. KeysAndValues: the result is YAML with keys and values.
	// +optional
	// +kubebuilder:default=Values
	TemplateAs TemplateScope `json:"templateAs,omitempty"`
}

// TemplateScope tells what the result of a template is.
//
// +kubebuilder:validation:Enum=Values;KeysAndValues
type TemplateScope string

// The template scopes; empty means TemplateScopeValues.
const (
	TemplateScopeValues        TemplateScope = "Values"
	TemplateScopeKeysAndValues TemplateScope = "KeysAndValues"
)
