package wire

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// namespace of every STS answer.
const stsNamespace = "https://sts.amazonaws.com/doc/2011-06-15/"

// Time is a timestamp as AWS JSON 1.1 spells it: seconds since 1970 with a fraction of milliseconds.
type Time struct{ time.Time }

// MarshalJSON implements json.Marshaler.
func (t Time) MarshalJSON() ([]byte, error) {
	return fmt.Appendf(nil, "%.3f", float64(t.UnixMilli())/1000), nil
}

// NewUUID returns a random UUID, as request ids and version ids are.
func NewUUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: crypto/rand crashes the program instead
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// WriteResult answers a call with the result of its operation.
func (c *Call) WriteResult(w http.ResponseWriter, result any) {
	if c.Service != STS {
		c.writeJSON(w, http.StatusOK, result)
		return
	}
	body, err := c.resultXML(result)
	if err != nil {
		c.WriteError(w, Internal(err))
		return
	}
	c.writeXML(w, http.StatusOK, body)
}

// WriteError answers a call with an error; any error that is not an *Error is an internal one.
func (c *Call) WriteError(w http.ResponseWriter, err error) {
	var e *Error
	if !errors.As(err, &e) {
		e = Internal(err)
	}
	if c.Service != STS {
		c.writeJSON(w, e.Status, map[string]string{"__type": e.Code, "Message": e.Message})
		return
	}
	type detail struct{ Type, Code, Message string }
	answer := struct {
		XMLName   xml.Name `xml:"ErrorResponse"`
		Namespace string   `xml:"xmlns,attr"`
		Error     detail
		RequestID string `xml:"RequestId"`
	}{Namespace: stsNamespace, Error: detail{"Sender", e.Code, e.Message}, RequestID: c.ID}
	if e.Status >= http.StatusInternalServerError {
		answer.Error.Type = "Receiver"
	}
	body, err := xml.Marshal(answer)
	if err != nil {
		http.Error(w, "encode the error answer: "+err.Error(), http.StatusInternalServerError)
		return
	}
	c.writeXML(w, e.Status, body)
}

func (c *Call) writeJSON(w http.ResponseWriter, status int, answer any) {
	body, err := json.Marshal(answer)
	if err != nil {
		http.Error(w, "encode the answer: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	c.write(w, status, body)
}

// resultXML wraps a result as <OpResponse><OpResult>...</OpResult><ResponseMetadata>...</ResponseMetadata></OpResponse>.
func (c *Call) resultXML(result any) ([]byte, error) {
	var inner bytes.Buffer
	start := xml.StartElement{Name: xml.Name{Local: c.Operation + "Result"}}
	if err := xml.NewEncoder(&inner).EncodeElement(result, start); err != nil {
		return nil, fmt.Errorf("encode the result of %s: %w", c.Operation, err)
	}
	return fmt.Appendf(nil, `<%[1]sResponse xmlns="%[2]s">%[3]s<ResponseMetadata><RequestId>%[4]s</RequestId></ResponseMetadata></%[1]sResponse>`,
		c.Operation, stsNamespace, inner.Bytes(), c.ID), nil
}

func (c *Call) writeXML(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "text/xml")
	c.write(w, status, body)
}

func (c *Call) write(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("X-Amzn-Requestid", c.ID)
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone away is not our error
}
