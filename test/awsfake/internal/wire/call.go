// Package wire holds the two protocols the endpoint speaks: AWS JSON 1.1 (Secrets Manager, Systems Manager) and the Query protocol
// with XML answers (STS). It knows how a request and an answer are spelt, not what any operation means, who calls, or whether they may.
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
	SSM            = "ssm"
	STS            = "sts"
)

// targets are the services of AWS JSON 1.1 by what their header X-Amz-Target begins with.
func targets() map[string]string {
	return map[string]string{"secretsmanager": SecretsManager, "AmazonSSM": SSM}
}

// maxBody bounds a request: 64 KiB of secret, base64 and JSON escapes around it, and room to spare.
const maxBody = 1 << 20

// Call is one decoded request, before anybody has asked who sent it.
type Call struct {
	ID        string     // request id, a random UUID, echoed in the answer
	Service   string     // SecretsManager, SSM or STS
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
	target := r.Header.Get("X-Amz-Target")
	if target != "" {
		var service string
		service, c.Operation, _ = strings.Cut(target, ".")
		c.Service = targets()[service]
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return c, NewError("RequestAborted", "The request body could not be read.")
	}
	if len(body) > maxBody {
		return c, NewError("RequestEntityTooLarge", "The request body is too large.")
	}
	c.Body = body
	switch {
	case target == "":
		return c, c.readForm()
	case c.Service == "" || c.Operation == "":
		return c, NewError("UnknownOperationException", "")
	default:
		return c, nil
	}
}

func (c *Call) readForm() error {
	var err error
	c.Form, err = url.ParseQuery(string(c.Body))
	if err != nil || c.Form.Get("Action") == "" {
		return NewError("MissingAction", "The request is missing an Action parameter.")
	}
	c.Operation = c.Form.Get("Action")
	return nil
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
