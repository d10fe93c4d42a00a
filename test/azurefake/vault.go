package main

import (
	"crypto/md5" // makes a name
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
)

// vault is a key vault.
type vault struct {
	objects  map[string][]*version // by path, such as secrets/db; the last one is current
	policies map[string][]string   // nil means that roles count
	denied   map[string]bool       // by path
	firewall bool
	pageSize int
}

// version is one of an object.
type version struct {
	id         string
	value      string
	key        *jose.JSONWebKey
	der        []byte
	tags       map[string]string
	attributes attributes
	deleted    string
}

// attributes are those of any object.
type attributes struct {
	Enabled       bool   `json:"enabled"`
	NotBefore     int64  `json:"nbf,omitempty"`
	Expires       int64  `json:"exp,omitempty"`
	Created       int64  `json:"created"`
	Updated       int64  `json:"updated"`
	RecoveryLevel string `json:"recoveryLevel"`
	Recoverable   int    `json:"recoverableDays"`
}

// vaultNamed is the key vault of a name: there is one of each.
func (a *azure) vaultNamed(name string) *vault {
	if a.vaults[name] == nil {
		a.vaults[name] = &vault{objects: map[string][]*version{}, denied: map[string]bool{}}
	}
	return a.vaults[name]
}

// put adds a version to a secret. Its name follows from that of the secret and the count, so that tests know it.
func (v *vault) put(name string, next *version) { v.add("secrets/"+name, next) }

func (v *vault) add(path string, next *version) {
	sum := md5.Sum([]byte(path + "#" + strconv.Itoa(len(v.objects[path])+1)))
	next.id = hex.EncodeToString(sum[:])
	next.attributes.Created, next.attributes.Updated = time.Now().Unix(), time.Now().Unix()
	next.attributes.RecoveryLevel, next.attributes.Recoverable = "Recoverable+Purgeable", 90
	v.objects[path] = append(v.objects[path], next)
}

// fail answers as a key vault does.
func fail(w http.ResponseWriter, status int, code, inner, format string, args ...any) {
	body := map[string]any{"code": code, "message": fmt.Sprintf(format, args...)}
	if inner != "" {
		body["innererror"] = map[string]any{"code": inner}
	}
	answer(w, status, map[string]any{"error": body})
}

// authenticate tells who asks, or sends to where tokens are.
func (a *azure) authenticate(w http.ResponseWriter, r *http.Request, resource string) (*app, claims, bool) {
	var by claims
	challenge := func(text string, args ...any) (*app, claims, bool) {
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer authorization="https://%s/%s", resource="%s"`, authorityOf(resource), a.tenant, resource))
		fail(w, http.StatusUnauthorized, "Unauthorized", "", text, args...)
		return nil, by, false
	}
	raw, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return challenge("AKV10000: Request is missing a Bearer or PoP token.")
	}
	token, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil || token.Claims(&a.key.PublicKey, &by) != nil {
		return challenge("AKV10046: Unable to resolve the key used for signature validation.")
	}
	issuer := "https://sts.windows.net/" + a.tenant + "/"
	switch who := a.apps[by.Application]; {
	case by.Audience != resource:
		return challenge("AKV10022: Invalid audience. Expected %s, found: %s.", resource, by.Audience)
	case by.Issuer != issuer || who == nil:
		return challenge("AKV10032: Invalid issuer. Expected one of %s, found %s.", issuer, by.Issuer)
	case time.Now().Unix() >= by.Expires:
		return challenge("AKV10042: Token is expired.")
	default:
		return who, by, true
	}
}

// vault serves what a key vault does.
func (a *azure) vault(w http.ResponseWriter, r *http.Request, name, resource string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	who, by, ok := a.authenticate(w, r, resource)
	if !ok {
		return
	}
	if r.URL.Query().Get("api-version") == "" {
		fail(w, http.StatusBadRequest, "BadParameter", "", "api-version must be specified")
		return
	}
	host, _, _ := strings.Cut(r.Host, ":")
	base := "https://" + host + "/"
	v := a.vaultNamed(name)
	part := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	may := func(action, permission string) bool {
		denied := v.denies(who, by, name, strings.Join(part[:min(len(part), 2)], "/"), part[0]+"/"+action, part[0]+" "+permission)
		if denied != nil {
			fail(w, http.StatusForbidden, "Forbidden", denied.inner, "%s", denied.text)
		}
		return denied == nil
	}
	switch {
	case r.Method == http.MethodGet && len(part) == 1 && part[0] == "secrets":
		if may("readMetadata/action", "list") {
			v.list(w, r, base, a.gone)
		}
	case r.Method == http.MethodGet && (len(part) == 2 || len(part) == 3) && singular(part[0]) != "":
		action := "read"
		if part[0] == "secrets" {
			action = "getSecret/action"
		}
		if may(action, "get") {
			v.get(w, base, part)
		}
	case r.Method == http.MethodPut && len(part) == 2 && part[0] == "secrets":
		if may("setSecret/action", "set") {
			v.set(w, r, base, part)
		}
	case r.Method == http.MethodPost && len(part) == 3 && part[0] == "keys" && part[2] == "create":
		if may("create/action", "create") {
			v.createKey(w, r, base, part)
		}
	case r.Method == http.MethodPost && len(part) == 3 && part[0] == "certificates" && part[2] == "import":
		if may("import/action", "import") {
			v.importCertificate(w, r, base, part)
		}
	case r.Method == http.MethodDelete && len(part) == 2 && part[0] == "secrets":
		if may("delete", "delete") {
			v.remove(w, base, part)
		}
	default:
		fail(w, http.StatusBadRequest, "BadParameter", "", "Method %s does not allow operation '%s'", r.Method, r.URL.Path)
	}
}

// singular is what an object of a kind is called in errors; empty where there is no such kind.
func singular(kind string) string {
	return map[string]string{"secrets": "Secret", "keys": "Key", "certificates": "Certificate"}[kind]
}

func missing(w http.ResponseWriter, part []string) {
	kind := singular(part[0])
	fail(w, http.StatusNotFound, kind+"NotFound", "", "A %s with (name/id) %s was not found in this key vault. If you recently deleted this %[1]s you may be able to "+
		"recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182",
		strings.ToLower(kind), strings.Join(part[1:], "/"))
}

// get answers with a version of an object.
func (v *vault) get(w http.ResponseWriter, base string, part []string) {
	versions := v.objects[strings.Join(part[:2], "/")]
	if len(versions) == 0 {
		missing(w, part)
		return
	}
	found := versions[len(versions)-1]
	if len(part) == 3 {
		at := slices.IndexFunc(versions, func(other *version) bool { return other.id == part[2] })
		if at < 0 {
			missing(w, part)
			return
		}
		found = versions[at]
	}
	kind := strings.ToLower(singular(part[0]))
	switch {
	case found.deleted == "now":
		fail(w, http.StatusConflict, "Conflict", "ObjectIsBeingDeleted", "%s %s is currently being deleted.", singular(part[0]), part[1])
	case found.deleted != "":
		missing(w, part)
	case !found.attributes.Enabled:
		fail(w, http.StatusForbidden, "Forbidden", singular(part[0])+"Disabled", "Operation get is not allowed on a disabled %s.", kind)
	default:
		answer(w, http.StatusOK, found.shown(base, part))
	}
}

// shown is an object as it is answered.
func (o *version) shown(base string, part []string) map[string]any {
	id := base + part[0] + "/" + part[1] + "/" + o.id
	body := map[string]any{"attributes": o.attributes, "tags": o.tags}
	switch part[0] {
	case "keys":
		content, _ := json.Marshal(o.key) // it was made here
		shown := map[string]any{}
		_ = json.Unmarshal(content, &shown)
		delete(shown, "alg")
		shown["kid"], shown["key_ops"] = id, []string{"sign", "verify"}
		body["key"] = shown
	case "certificates":
		body["id"], body["cer"] = id, o.der
		body["kid"], body["sid"] = base+"keys/"+part[1]+"/"+o.id, base+"secrets/"+part[1]+"/"+o.id
	default:
		body["id"], body["value"] = id, o.value
	}
	return body
}

// list answers with a page of the secrets, without their values, and where the next one is: with the port, as Azure writes it.
func (v *vault) list(w http.ResponseWriter, r *http.Request, base, astray string) {
	size := 25
	if v.pageSize > 0 {
		size = v.pageSize
	}
	if wanted, err := strconv.Atoi(r.URL.Query().Get("maxresults")); err == nil && wanted > 0 && wanted < size {
		size = wanted
	}
	var items []map[string]any
	for _, path := range slices.Sorted(maps.Keys(v.objects)) {
		versions := v.objects[path]
		current := versions[len(versions)-1]
		if strings.HasPrefix(path, "secrets/") && current.deleted == "" {
			items = append(items, map[string]any{"id": base + path, "attributes": current.attributes, "tags": current.tags})
		}
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("$skiptoken"))
	from = min(max(from, 0), len(items))
	to := min(from+size, len(items))
	var next any
	if to < len(items) {
		next = fmt.Sprintf("%s:443/secrets?api-version=%s&$skiptoken=%d&maxresults=%d", strings.TrimSuffix(base, "/"), r.URL.Query().Get("api-version"), to, size)
		if astray != "" {
			next = astray
		}
	}
	answer(w, http.StatusOK, map[string]any{"value": items[from:to], "nextLink": next})
}
