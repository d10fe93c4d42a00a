package identity

import (
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"slices"
	"strings"
	"time"
)

// Session is a role being used: temporary credentials and how they were come by. Its exported part holds no credential.
type Session struct {
	KeyID      string            `json:"accessKeyId"`
	ARN        string            `json:"arn"` // arn:aws:sts::ACCOUNT:assumed-role/ROLE/NAME
	Role       string            `json:"role"`
	Name       string            `json:"name"`
	Operation  string            `json:"operation"`            // AssumeRole or AssumeRoleWithWebIdentity
	Source     string            `json:"source,omitempty"`     // ARN of who assumed the role
	Subject    string            `json:"subject,omitempty"`    // of the web identity token
	ExternalID string            `json:"externalId,omitempty"` // as asked, also when the role wants none
	Tags       map[string]string `json:"tags,omitempty"`       // session tags, with those inherited
	Transitive []string          `json:"transitiveTagKeys,omitempty"`
	Seconds    int               `json:"durationSeconds"` // as asked or defaulted
	Issued     time.Time         `json:"issued"`
	Expires    time.Time         `json:"expires"`

	secret, token string
}

// Credentials are the temporary credentials of a session, as they are handed out once.
type Credentials struct {
	AccessKeyID, SecretAccessKey, SessionToken string
	Expiration                                 time.Time
}

// Open starts a session. The caller fills in what is known of it; times, ids and credentials are added here.
func (r *Registry) Open(s Session) (Credentials, Session) {
	s.KeyID = "ASIA" + RandomID(16)
	s.secret = randomText(30)
	s.token = "fake-session-" + randomText(120)
	role := s.Role[strings.LastIndexByte(s.Role, '/')+1:]
	s.ARN = "arn:aws:sts::" + AccountOf(s.Role) + ":assumed-role/" + role + "/" + s.Name
	s.Issued = time.Now().UTC()

	r.mu.Lock()
	defer r.mu.Unlock()
	s.Expires = wholeSecond(s.Issued.Add(cmp.Or(r.life, time.Duration(s.Seconds)*time.Second)))
	r.sessions[s.KeyID] = &s
	return Credentials{s.KeyID, s.secret, s.token, s.Expires}, s
}

// Learn takes over a session that somebody else opened, so that its signatures can be checked here, and returns when it expires.
func (r *Registry) Learn(s Session, c Credentials) time.Time {
	s.KeyID, s.secret, s.token, s.Expires = c.AccessKeyID, c.SecretAccessKey, c.SessionToken, c.Expiration.UTC()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.life > 0 {
		s.Expires = wholeSecond(s.Issued.Add(r.life))
	}
	r.sessions[s.KeyID] = &s
	return s.Expires
}

// wholeSecond rounds up to what the wire can say, so that there is never less life than was asked for.
func wholeSecond(t time.Time) time.Time { return t.Add(time.Second - 1).Truncate(time.Second) }

// Expire ends every open session at the latest after life, without telling its holder, and limits later sessions to the same
// life, which their holders are told. A life of 0 ends what is open and leaves later sessions alone.
func (r *Registry) Expire(life time.Duration) {
	end := time.Now().Add(life)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.life = life
	for id, s := range r.sessions {
		if s.Expires.After(end) {
			shorter := *s // principals of requests in flight hold the old one
			shorter.Expires = end
			r.sessions[id] = &shorter
		}
	}
}

// Sessions lists all sessions ever opened, oldest first.
func (r *Registry) Sessions() []Session {
	r.mu.RLock()
	defer r.mu.RUnlock()
	all := make([]Session, 0, len(r.sessions))
	for _, s := range r.sessions {
		all = append(all, *s)
	}
	slices.SortFunc(all, func(a, b Session) int { return cmp.Or(a.Issued.Compare(b.Issued), cmp.Compare(a.KeyID, b.KeyID)) })
	return all
}

// RandomID returns n random capitals and digits, as AWS makes ids of.
func RandomID(n int) string {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	b := make([]byte, n)
	rand.Read(b) // never fails: crypto/rand crashes the program instead
	for i := range b {
		b[i] = alphabet[b[i]%32]
	}
	return string(b)
}

func randomText(bytes int) string {
	b := make([]byte, bytes)
	rand.Read(b) // never fails: crypto/rand crashes the program instead
	return base64.StdEncoding.EncodeToString(b)
}
