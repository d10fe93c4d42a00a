package harness

import (
	"encoding/json"
	"time"
)

// Operations as counters, faults, latencies and throttles name them.
const (
	OpGetSecretValue            = "secretsmanager.GetSecretValue"
	OpBatchGetSecretValue       = "secretsmanager.BatchGetSecretValue"
	OpListSecrets               = "secretsmanager.ListSecrets"
	OpDescribeSecret            = "secretsmanager.DescribeSecret"
	OpGetParameter              = "ssm.GetParameter"
	OpGetParameters             = "ssm.GetParameters"
	OpGetParametersByPath       = "ssm.GetParametersByPath"
	OpDescribeParameters        = "ssm.DescribeParameters"
	OpListTagsForResource       = "ssm.ListTagsForResource"
	OpAssumeRole                = "sts.AssumeRole"
	OpAssumeRoleWithWebIdentity = "sts.AssumeRoleWithWebIdentity"
	OpGetCallerIdentity         = "sts.GetCallerIdentity"
)

// AWSSecret is a secret to be seeded. With neither String nor Binary it has no value.
type AWSSecret struct {
	Name        string            `json:"name"`
	Account     string            `json:"account,omitempty"` // default AWSAccount
	Region      string            `json:"region,omitempty"`  // default AWSRegion
	String      *string           `json:"string,omitempty"`
	Binary      []byte            `json:"binary,omitempty"`
	Description string            `json:"description,omitempty"`
	Tags        map[string]string `json:"tags,omitempty"`
	Pending     bool              `json:"pendingDeletion,omitempty"` // scheduled for deletion
	KeyDisabled bool              `json:"keyDisabled,omitempty"`     // the KMS key that it is encrypted with
}

// AWSParameter is a parameter to be seeded.
type AWSParameter struct {
	Name    string            `json:"name"`
	Account string            `json:"account,omitempty"` // default AWSAccount
	Region  string            `json:"region,omitempty"`  // default AWSRegion
	Value   string            `json:"value"`
	Type    string            `json:"type,omitempty"`   // default SecureString
	Labels  []string          `json:"labels,omitempty"` // of this version
	Tags    map[string]string `json:"tags,omitempty"`
}

// AWSKey is an access key of an IAM user; with a session token, a temporary one that does not expire.
type AWSKey struct {
	ID      string `json:"accessKeyId"`
	Secret  string `json:"secretAccessKey"`
	Token   string `json:"sessionToken,omitempty"`
	Account string `json:"account,omitempty"` // default AWSAccount
	User    string `json:"user,omitempty"`    // default "admin"
}

// adminKey is the key of Env, a different one from any that tests make up.
func adminKey() AWSKey {
	return AWSKey{ID: "AKIAHARNESSADMIN0001", Secret: "harness-admin-key-of-no-real-account"}
}

// AWSRole is an IAM role and whom it trusts.
type AWSRole struct {
	ARN string `json:"arn"` // arn:aws:iam::ACCOUNT:role/NAME
	// Principals who may assume it: ARNs of users, roles or sessions, with * for any text. Empty: anybody of any account, unless
	// the role has an Issuer.
	Principals []string `json:"principals,omitempty"`
	ExternalID string   `json:"externalId,omitempty"` // asked for when set
	// Issuer of web identity tokens, and the audiences and subjects (with *) they must be for; empty lists accept all.
	Issuer     string   `json:"issuer,omitempty"`
	Audiences  []string `json:"audiences,omitempty"`
	Subjects   []string `json:"subjects,omitempty"`
	MaxSeconds int      `json:"maxSessionSeconds,omitempty"` // default 3600
}

// AWSFault makes requests fail.
type AWSFault struct {
	Op      string `json:"op,omitempty"` // one of the Op constants, empty for all
	Code    string `json:"code"`         // such as InternalServiceError
	Message string `json:"message,omitempty"`
	Status  int    `json:"status,omitempty"` // HTTP status, default 400
	Times   int    `json:"n,omitempty"`      // requests that fail, default 1
	// Secret is the name of the one secret or parameter whose reading fails: alone or as an item of a batch. A batch of parameters
	// fails as a whole.
	Secret string `json:"secret,omitempty"`
}

// AWSSession is how a role was assumed.
type AWSSession struct {
	ARN        string            `json:"arn"` // of the session
	Role       string            `json:"role"`
	Name       string            `json:"name"`
	Operation  string            `json:"operation"` // AssumeRole or AssumeRoleWithWebIdentity
	Source     string            `json:"source"`    // ARN of the principal that assumed it
	Subject    string            `json:"subject"`   // of the web identity token
	ExternalID string            `json:"externalId"`
	Tags       map[string]string `json:"tags"` // with those inherited
	Transitive []string          `json:"transitiveTagKeys"`
	Seconds    int               `json:"durationSeconds"`
	Issued     time.Time         `json:"issued"`
	Expires    time.Time         `json:"expires"`
}

// Counters is what an AWS endpoint has been asked. Operations are the Op constants.
type Counters struct {
	Requests   map[string]int            `json:"requests"`   // by operation
	Principals map[string]map[string]int `json:"principals"` // by ARN of the caller ("" when unsigned), then by operation
	Errors     map[string]map[string]int `json:"errors"`     // whole requests refused, by operation, then by error code
	IDs        map[string]int            `json:"ids"`        // secrets or parameters asked for, by operation: 20 for a full batch
	Secrets    map[string]int            `json:"secrets"`    // how often the id of one was asked to be read
	Peak       map[string]int            `json:"peak"`       // most requests at one time, by operation
	PeakTotal  int                       `json:"peakTotal"`  // most requests at one time
}

// Count is how many requests an operation has had.
func (c Counters) Count(op string) int { return c.Requests[op] }

// Total is how many requests there were.
func (c Counters) Total() int {
	total := 0
	for _, n := range c.Requests {
		total += n
	}
	return total
}

type awsIssuer struct {
	Issuer    string          `json:"issuer"`
	JWKS      json.RawMessage `json:"jwks"`
	Audiences []string        `json:"audiences,omitempty"`
}

type awsPermission struct {
	Principal string `json:"principal"`
	Action    string `json:"action"`
	Resource  string `json:"resource"`
}

// AWSDenial takes an action away as Deny does.
type AWSDenial struct {
	Principal string `json:"principal,omitempty"`
	Action    string `json:"action"`
	Resource  string `json:"resource,omitempty"`
	// Policy is the sort of policy that lacks the action, such as "VPC endpoint policy", default "identity-based policy". With Explicit
	// it forbids the action.
	Policy   string `json:"policy,omitempty"`
	Explicit bool   `json:"explicit,omitempty"`
}
