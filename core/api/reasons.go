package api

// ConditionReady is the type of the one condition that is written, on ExternalSecrets and stores.
const ConditionReady = "Ready"

// Reasons of an ExternalSecret's Ready condition. Those with Resource stand for a target.manifest, the others for a Secret.
const (
	ReasonSecretSynced      = "SecretSynced"
	ReasonSecretDeleted     = "SecretDeleted"
	ReasonSecretMissing     = "SecretMissing"
	ReasonSecretSyncedError = "SecretSyncedError"

	ReasonResourceSynced      = "ResourceSynced"
	ReasonResourceDeleted     = "ResourceDeleted"
	ReasonResourceMissing     = "ResourceMissing"
	ReasonResourceSyncedError = "ResourceSyncedError"
)

// Messages of an ExternalSecret's Ready condition, word for word what dashboards and alerts match.
const (
	MessageSecretSynced   = "secret synced"
	MessageSecretRetained = "secret retained due to DeletionPolicy=Retain"
	MessageSecretDeleted  = "secret deleted due to DeletionPolicy=Delete"
	MessageSecretMissing  = "secret will not be created due to CreationPolicy=Merge"

	MessageProviderFailed       = "could not get secret data from provider"
	MessageDeleteFailed         = "could not delete secret"
	MessageDeleteOrphansFailed  = "could not delete orphaned secrets"
	MessageUpdateFailed         = "could not update secret"
	MessageTargetImmutable      = "could not update secret, target is immutable"
	MessageOwnershipFailed      = "failed to take ownership of target secret"
	MessageOwnedByAnother       = "target is owned by another ExternalSecret"
	MessageInvalidGenericTarget = "invalid generic target"
)

// Reasons and messages of a store's Ready condition.
const (
	ReasonStoreValid             = "Valid"
	ReasonInvalidProviderConfig  = "InvalidProviderConfig"
	ReasonValidationUnknown      = "ValidationUnknown"
	MessageStoreValid            = "store validated"
	MessageStoreClientFailed     = "unable to create client"
	MessageStoreInvalid          = "unable to validate store"
	MessageStoreValidationUnsure = "could not determine validation status"
)

// Events on an ExternalSecret. EventUpdateFailed is a Warning, the others are Normal.
const (
	EventUpdateFailed          = "UpdateFailed"
	EventCreated               = "Created"
	EventUpdated               = "Updated"
	EventDeleted               = "Deleted"
	EventMissingProviderSecret = "MissingProviderSecret"

	// EventSource is the source component of the events.
	EventSource = "external-secrets"

	EventMessageCreated  = "secret created"
	EventMessageUpdated  = "secret updated"
	EventMessageDeleted  = "secret deleted due to DeletionPolicy=Delete"
	EventMessageOrphaned = "secret deleted because it was orphaned"
)
