package api

import "strings"

// ConditionReady is the type of the one condition that is written, on ExternalSecrets and stores.
const ConditionReady = "Ready"

// Reasons of an ExternalSecret's Ready condition. Those with Resource stand for a target.manifest, the others for a Secret.
const (
	ReasonSecretSynced      = "SecretSynced"
	ReasonSecretDeleted     = "SecretDeleted"
	ReasonSecretMissing     = "SecretMissing"
	ReasonSecretSyncedError = "SecretSyncedError"

	ReasonResourceMissing = "ResourceMissing"
)

// Words turns a reason, a message or the message of an Event that is about a Secret into the one for what the target is.
func (t *Target) Words(text string) string {
	if t.Manifest == nil {
		return text
	}
	for secret, resource := range map[string]string{"Secret": "Resource", "secret": "resource"} {
		if rest, ok := strings.CutPrefix(text, secret); ok {
			return resource + rest
		}
	}
	return text
}

// Messages of an ExternalSecret's Ready condition, word for word what dashboards and alerts match.
const (
	MessageSecretSynced   = "secret synced"
	MessageSecretRetained = "secret retained due to DeletionPolicy=Retain"
	MessageSecretDeleted  = "secret deleted due to DeletionPolicy=Delete"
	MessageSecretMissing  = "secret will not be created due to CreationPolicy=Merge"

	MessageProviderFailed      = "could not get secret data from provider"
	MessageDeleteFailed        = "could not delete secret"
	MessageDeleteOrphansFailed = "could not delete orphaned secrets"
	MessageUpdateFailed        = "could not update secret"
	MessageTargetImmutable     = "could not update secret, target is immutable"
	MessageOwnershipFailed     = "failed to take ownership of target secret"
	MessageOwnedByAnother      = "target is owned by another ExternalSecret"
)

// What the Ready condition of a ClusterExternalSecret and its failedNamespaces begin with, word for word what External Secrets
// Operator writes.
const (
	MessageNamespacesFailed      = "one or more namespaces failed"
	MessageExternalSecretIsThere = "external secret already exists in namespace"
)

// Events on an ExternalSecret. EventUpdateFailed is a Warning, the others are Normal.
const (
	EventUpdateFailed          = "UpdateFailed"
	EventCreated               = "Created"
	EventUpdated               = "Updated"
	EventDeleted               = "Deleted"
	EventMissingProviderSecret = "MissingProviderSecret"

	EventMessageCreated  = "secret created"
	EventMessageUpdated  = "secret updated"
	EventMessageDeleted  = "secret deleted due to DeletionPolicy=Delete"
	EventMessageOrphaned = "secret deleted because it was orphaned"
)
