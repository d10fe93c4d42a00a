package api

// Target is the Secret, or another object, that an ExternalSecret writes in its own namespace.
type Target struct {
	// Name of the Secret. Defaults to the ExternalSecret's.
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name,omitempty"`

	// Who makes the Secret and who owns it: Owner (default), Orphan, Merge, None or CreateOrMerge.
	// +optional
	// +kubebuilder:default=Owner
	CreationPolicy CreationPolicy `json:"creationPolicy,omitempty"`

	// What becomes of the Secret when the provider has nothing: Retain (default), Delete or Merge.
	// +optional
	// +kubebuilder:default=Retain
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// Shape of the Secret, where it is more than the fetched values.
	// +optional
	Template *Template `json:"template,omitempty"`

	// Write an object of this type instead of a Secret.
	// +optional
	Manifest *ManifestRef `json:"manifest,omitempty"`

	// Make the Secret immutable: its data is written once.
	// +optional
	Immutable bool `json:"immutable,omitempty"`
}

// CreationPolicy tells whether a Secret is made, and whose it is.
//
// +kubebuilder:validation:Enum=Owner;Orphan;Merge;None;CreateOrMerge
type CreationPolicy string

// The creation policies; empty means CreationPolicyOwner.
const (
	// CreationPolicyOwner makes the Secret, replaces its data and has it deleted with the ExternalSecret.
	CreationPolicyOwner CreationPolicy = "Owner"
	// CreationPolicyOrphan is CreationPolicyOwner without an ownerReference.
	CreationPolicyOrphan CreationPolicy = "Orphan"
	// CreationPolicyMerge never makes the Secret and leaves keys of others alone.
	CreationPolicyMerge CreationPolicy = "Merge"
	// CreationPolicyNone fetches and writes nothing.
	CreationPolicyNone CreationPolicy = "None"
	// CreationPolicyCreateOrMerge is CreationPolicyMerge that makes the Secret where there is none.
	CreationPolicyCreateOrMerge CreationPolicy = "CreateOrMerge"
)

// DeletionPolicy tells how absence at the provider reaches the Secret.
//
// +kubebuilder:validation:Enum=Delete;Merge;Retain
type DeletionPolicy string

// The deletion policies; empty means DeletionPolicyRetain.
const (
	// DeletionPolicyRetain keeps the Secret; one missing remote secret fails the ExternalSecret.
	DeletionPolicyRetain DeletionPolicy = "Retain"
	// DeletionPolicyDelete deletes the Secret once nothing is left of it at the provider.
	DeletionPolicyDelete DeletionPolicy = "Delete"
	// DeletionPolicyMerge drops the missing keys and keeps the Secret.
	DeletionPolicyMerge DeletionPolicy = "Merge"
)

// Retains tells whether absence at the provider is a failure that leaves the Secret alone.
func (t *Target) Retains() bool {
	return t.DeletionPolicy == "" || t.DeletionPolicy == DeletionPolicyRetain
}

// Merges tells whether keys of others in the Secret stay.
func (t *Target) Merges() bool {
	return t.CreationPolicy == CreationPolicyMerge || t.CreationPolicy == CreationPolicyCreateOrMerge
}

// KindOf is the kind of the target.
func (t *Target) KindOf() string {
	if t.Manifest == nil {
		return "Secret"
	}
	return t.Manifest.Kind
}

// DataPath leads to the data of the target, from the object: that of a Secret and a ConfigMap is in data, that of other objects
// in spec.data unless it comes from a template.
func (t *Target) DataPath() []string {
	if t.Manifest == nil || t.Manifest.Kind == "ConfigMap" || t.Template.HasData() {
		return []string{"data"}
	}
	return []string{"spec", "data"}
}

// ManifestRef is the type of an object other than a Secret.
type ManifestRef struct {
	// API group and version of the object.
	// +kubebuilder:validation:MinLength=1
	APIVersion string `json:"apiVersion"`

	// Kind of the object.
	// +kubebuilder:validation:MinLength=1
	Kind string `json:"kind"`
}
