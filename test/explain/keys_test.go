package explain_test

import (
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/diagnose"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/trace"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/test/harness"
)

const (
	// byKeys is the part of a store that logs in with the keys of the Secret "keys".
	byKeys = "auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: id}, secretAccessKeySecretRef: {name: keys, key: secret}}}"
	// bySession is byKeys with a session token.
	bySession = "auth: {secretRef: {accessKeyIDSecretRef: {name: keys, key: id}, secretAccessKeySecretRef: {name: keys, key: secret}, " +
		"sessionTokenSecretRef: {name: keys, key: token}}}"

	keyCanary = "canaryAccessKey/XQ7vTz1k9+abcdefghijklmno"
)

// withKeys arranges a login with the keys of a Secret, whose texts are in YAML's flow style. AWS knows a user "app" by the key AKIAAPP.
func withKeys(auth, keys string) func(t *testing.T, w *world) {
	return func(t *testing.T, w *world) {
		t.Helper()
		w.secrets = append(w.secrets, keyCanary)
		w.aws.Key(t, harness.AWSKey{ID: "AKIAAPP", Secret: keyCanary, User: "app"})
		w.apply(t, opaque("keys", keys), storeOf(auth), reading("plain"))
	}
}

func TestALoginWithKeysIsExplained(t *testing.T) {
	t.Parallel()
	read := map[trace.Step][]string{trace.Credentials: {"Secret NAMESPACE/keys: key id, ", "Secret NAMESPACE/keys: key secret, "}}
	explainAll(t, []fault{
		{
			name:    "the Secret with the keys is missing",
			arrange: applying(storeOf(byKeys), reading("plain")),
			step:    trace.Credentials, id: "STO-08", owner: diagnose.Platform, says: []string{`no Secret "keys" in namespace "NAMESPACE"`},
		}, {
			name:    "the Secret with the keys has another key",
			arrange: withKeys(byKeys, "id: AKIAAPP, secretKey: "+keyCanary),
			step:    trace.Credentials, id: "STO-08", owner: diagnose.Platform, says: []string{`no key "secret"`},
			shows: map[trace.Step][]string{trace.Credentials: {"Secret NAMESPACE/keys: key id, "}},
		}, {
			name:    "AWS does not know the access key",
			arrange: withKeys(byKeys, "id: AKIAUNKNOWN, secret: "+keyCanary),
			step:    trace.Identity, id: "AWS-08", owner: diagnose.Platform, shows: read,
		}, {
			name:    "the secret access key is another one's",
			arrange: withKeys(byKeys, "id: AKIAAPP, secret: "+keyCanary+"x"),
			step:    trace.Identity, id: "AWS-09", owner: diagnose.Platform, shows: read,
		}, {
			name:    "the secret access key is empty",
			arrange: withKeys(byKeys, `id: AKIAAPP, secret: ""`),
			step:    trace.Identity, id: "AWS-52", owner: diagnose.Platform, shows: read,
		}, {
			name: "temporary keys come without their session token",
			arrange: func(t *testing.T, w *world) {
				session := w.session(t, "somebody")
				w.apply(t, opaque("keys", "id: "+*session.AccessKeyId+", secret: "+*session.SecretAccessKey), storeOf(byKeys), reading("plain"))
			},
			step: trace.Identity, id: "AWS-08", owner: diagnose.Platform, shows: read,
		}, {
			name: "the session token has expired",
			arrange: func(t *testing.T, w *world) {
				session := w.session(t, "somebody")
				w.aws.Expire(t, 0)
				w.apply(t, opaque("keys", "id: "+*session.AccessKeyId+", secret: "+*session.SecretAccessKey+", token: "+*session.SessionToken),
					storeOf(bySession), reading("plain"))
			},
			step: trace.Identity, id: "AWS-06", owner: diagnose.Platform, shows: read,
		}, {
			name: "a SecretStore names keys of another namespace",
			arrange: func(t *testing.T, w *world) {
				other := w.cluster.Namespace(t)
				w.cluster.Apply(t, other, opaque("keys", "id: AKIAAPP, secret: "+keyCanary))
				w.apply(t, strings.ReplaceAll(storeOf(byKeys), "name: keys", "name: keys, namespace: "+other), reading("plain"))
			},
			step: trace.Credentials, id: "STO-08", owner: diagnose.Platform, says: []string{`no Secret "keys" in namespace "NAMESPACE"`}, // its own
		}, {
			name: "the keys of a ClusterSecretStore are looked for where its ExternalSecret is",
			arrange: func(t *testing.T, w *world) {
				other := w.cluster.Namespace(t)
				w.cluster.Apply(t, other, opaque("keys", "id: AKIAAPP, secret: "+keyCanary))
				applying(inAllNamespaces(storeOf(byKeys)), fromCluster(dataOf("plain")))(t, w)
			},
			step: trace.Credentials, id: "STO-08", owner: diagnose.Platform, says: []string{`no Secret "keys" in namespace "NAMESPACE"`},
		}, {
			name: "the Secret with the keys may not be read",
			arrange: func(t *testing.T, w *world) {
				withKeys(byKeys, "id: AKIAAPP, secret: "+keyCanary)(t, w)
				w.as(t, "person", readObjects, `{apiGroups: [""], resources: [secrets], resourceNames: [app], verbs: [get]}`)
			},
			step: trace.Credentials, id: "K8S-08", owner: diagnose.Platform, says: []string{`secrets "keys" is forbidden`},
		},
	})
}

func TestALoginOfTheProcessIsExplained(t *testing.T) {
	t.Parallel()
	explainAll(t, []fault{
		{
			name: "nobody gives the process credentials",
			arrange: func(t *testing.T, w *world) {
				w.withoutKeys()
				w.apply(t, store(), reading("plain"))
			},
			step: trace.Identity, id: "AWS-11", owner: diagnose.Platform,
		}, {
			name: "the agent of EKS Pod Identity is not there",
			arrange: func(t *testing.T, w *world) {
				w.withoutKeys()
				agent := listen(t, func(l net.Listener) { _ = l.Close() })
				w.withEnvironment("AWS_CONTAINER_CREDENTIALS_FULL_URI=http://"+agent+"/v1/credentials", "AWS_CONTAINER_AUTHORIZATION_TOKEN=x")
				w.apply(t, store(), reading("plain"))
			},
			step: trace.Identity, id: "AWS-13", owner: diagnose.Platform, says: []string{"connection refused"},
		}, {
			name: "the role of the node is used instead of the Pod's",
			arrange: func(t *testing.T, w *world) {
				w.onNode(t, "ng-1-NodeInstanceRole-ABC")
				w.aws.Deny(t, roleARN("ng-1-NodeInstanceRole-ABC"), "secretsmanager:*", "")
				w.apply(t, store(), reading("plain"))
			},
			step: trace.Read, id: "AWS-01", owner: diagnose.Platform, says: []string{"plain", "GetSecretValue"},
			shows: map[trace.Step][]string{trace.Identity: {":assumed-role/ng-1-NodeInstanceRole-ABC/i-0bbb53922975471c2"}},
		}, {
			name: "the profile of the process does not exist",
			arrange: func(t *testing.T, w *world) {
				w.withEnvironment("AWS_PROFILE=production")
				w.apply(t, store(), reading("plain"))
			},
			step: trace.Identity, id: "AWS-53", owner: diagnose.Platform, says: []string{"production"},
		},
	})
}

func TestARoleChainIsExplained(t *testing.T) {
	t.Parallel()
	chain := map[trace.Step][]string{trace.Identity: {roleARN("reader")}}
	explainAll(t, []fault{
		{
			name: "the role does not trust the caller",
			arrange: func(t *testing.T, w *world) {
				w.aws.Role(t, harness.AWSRole{ARN: roleARN("reader"), Principals: []string{roleARN("another")}})
				w.apply(t, storeOf("role: "+roleARN("reader")), reading("plain"))
			},
			step: trace.Identity, id: "AWS-02", owner: diagnose.Cloud, shows: chain, says: []string{"sts:AssumeRole", roleARN("reader")},
		}, {
			name: "the role repeats the one that the service account has already",
			arrange: func(t *testing.T, w *world) {
				w.federate(t)
				w.apply(t, serviceAccount(), storeOf(asApp+", role: "+roleARN("app")), reading("plain"))
			},
			step: trace.Identity, id: "AWS-02", owner: diagnose.Cloud, says: []string{":assumed-role/app/", roleARN("app")},
			shows: map[trace.Step][]string{trace.Token: {"subject: system:serviceaccount:NAMESPACE:app"}, trace.Identity: {roleARN("app")}},
		}, {
			name: "the role asks for another external id",
			arrange: func(t *testing.T, w *world) {
				w.aws.Role(t, harness.AWSRole{ARN: roleARN("reader"), ExternalID: "x-42"})
				w.apply(t, storeOf("externalID: x-41, role: "+roleARN("reader")), reading("plain"))
			},
			step: trace.Identity, id: "AWS-02", owner: diagnose.Cloud, shows: chain,
		}, {
			name: "the role may not be assumed with session tags",
			arrange: func(t *testing.T, w *world) {
				w.aws.Role(t, harness.AWSRole{ARN: roleARN("reader")})
				w.aws.Deny(t, "", "sts:TagSession", "")
				w.apply(t, storeOf("sessionTags: [{key: team, value: shop}], role: "+roleARN("reader")), reading("plain"))
			},
			step: trace.Identity, id: "AWS-60", owner: diagnose.Cloud, shows: chain, says: []string{"sts:TagSession"},
		},
	})
}

// session assumes a role that trusts everybody, and is called so.
func (w *world) session(t *testing.T, name string) *types.Credentials {
	t.Helper()
	return w.sessionOf(t, "anybody", name)
}

// sessionOf is session for another role.
func (w *world) sessionOf(t *testing.T, role, name string) *types.Credentials {
	t.Helper()
	w.aws.Role(t, harness.AWSRole{ARN: roleARN(role)})
	var id, secret string
	for _, variable := range w.aws.Env() {
		name, value, _ := strings.Cut(variable, "=")
		switch name {
		case "AWS_ACCESS_KEY_ID":
			id = value
		case "AWS_SECRET_ACCESS_KEY":
			secret = value
		}
	}
	client := sts.New(sts.Options{
		Region: harness.AWSRegion, BaseEndpoint: aws.String(w.aws.URL()), Credentials: credentials.NewStaticCredentialsProvider(id, secret, ""),
	})
	out, err := client.AssumeRole(t.Context(), &sts.AssumeRoleInput{RoleArn: aws.String(roleARN(role)), RoleSessionName: &name})
	require.NoError(t, err)
	w.secrets = append(w.secrets, *out.Credentials.SecretAccessKey, *out.Credentials.SessionToken)
	return out.Credentials
}

// onNode makes the process find no credentials but those that instance metadata has for the node.
func (w *world) onNode(t *testing.T, role string) {
	t.Helper()
	session := w.sessionOf(t, role, "i-0bbb53922975471c2")
	body, err := json.Marshal(map[string]any{
		"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": session.AccessKeyId, "SecretAccessKey": session.SecretAccessKey,
		"Token": session.SessionToken, "Expiration": time.Now().Add(time.Hour).UTC().Format(time.RFC3339),
	})
	require.NoError(t, err)
	metadata := http.NewServeMux()
	metadata.HandleFunc("PUT /latest/api/token", func(answer http.ResponseWriter, _ *http.Request) {
		answer.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "21600")
		_, _ = answer.Write([]byte("metadata-token"))
	})
	metadata.HandleFunc("GET /latest/meta-data/iam/security-credentials/{$}", func(answer http.ResponseWriter, _ *http.Request) {
		_, _ = answer.Write([]byte(role))
	})
	metadata.HandleFunc("GET /latest/meta-data/iam/security-credentials/"+role, func(answer http.ResponseWriter, _ *http.Request) {
		_, _ = answer.Write(body)
	})
	server := httptest.NewServer(metadata)
	t.Cleanup(server.Close)
	w.withoutKeys()
	w.withEnvironment("AWS_EC2_METADATA_DISABLED=false", "AWS_EC2_METADATA_SERVICE_ENDPOINT="+server.URL)
}
