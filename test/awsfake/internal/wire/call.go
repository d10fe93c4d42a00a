// Package wire holds the two protocols the endpoint speaks: AWS JSON 1.1 (Secrets Manager) and the Query protocol with XML
// answers (STS). It knows how a request and an answer are spelt, not what any operation means, who calls, or whether they may.
package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Services as they stand in a signing scope and in front of an IAM action.
const (
	SecretsManager = "secretsmanager"
	STS            = "sts"
)

// maxBody bounds a request: 64 KiB of secret, base64 and JSON escapes around it, and room to spare.
const maxBody = 1 << 20

// Call is one decoded request, before anybody has asked who sent it.
type Call struct {
	ID        string     // request id, a random UUID, echoed in the answer
	Service   string     // SecretsManager or STS
	Operation string     // for example GetSecretValue
	Body      []byte     // raw request body, needed again to verify the signature
	Form      url.Values // decoded body of a Query request, nil for JSON
}

// Name is the key of counters, faults and latencies: "secretsmanager.GetSecretValue".
func (c *Call) Name() string { return c.Service + "." + c.Operation }

// Action is the IAM spelling of the operation: "secretsmanager:GetSecretValue".
func (c *Call) Action() string { return c.Service + ":" + c.Operation }

// Read decodes which operation a request asks for. The error is an *Error to be written with Call.WriteError; the Call is usable
// for that even then.
func Read(r *http.Request) (*Call, error) {
	c := &Call{ID: NewUUID(), Service: STS}
	if r.Header.Get("X-Amz-Target") != "" {
		c.Service = SecretsManager
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return c, NewError("RequestAborted", "The request body could not be read.")
	}
	if len(body) > maxBody {
		return c, NewError("RequestEntityTooLarge", "The request body is too large.")
	}
	c.Body = body
	if target := r.Header.Get("X-Amz-Target"); target != "" {
		service, operation, _ := strings.Cut(target, ".")
		if service != SecretsManager || operation == "" {
			return c, NewError("UnknownOperationException", "")
		}
		c.Operation = operation
		return c, nil
	}
	c.Form, err = url.ParseQuery(string(body))
	if err != nil || c.Form.Get("Action") == "" {
		return c, NewError("MissingAction", "The request is missing an Action parameter.")
	}
	c.Operation = c.Form.Get("Action")
	return c, nil
}

// Decode fills in from the JSON body of a call. Unknown members are ignored, as AWS does.
func (c *Call) Decode(in any) error {
	err := json.Unmarshal(c.Body, in)
	if err == nil {
		return nil
	}
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return NewError("SerializationException", fmt.Sprintf("%s can not be converted to the type of %s", wrongType.Value, wrongType.Field))
	}
	return NewError("SerializationException", "The request body is not valid JSON.")
}
