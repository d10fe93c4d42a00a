package aws

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/api"
	"github.com/kubectl-externalsecret/kubectl-externalsecret/core/provider"
)

// texts are the values of answers, or the kind of error in brackets.
func texts(answers []provider.Answer) []string {
	var all []string
	for _, a := range answers {
		if a.Err != nil {
			all = append(all, "["+string(provider.KindOf(a.Err))+"]")
			continue
		}
		all = append(all, string(a.Value.Reveal()))
	}
	return all
}

// values is a batch's answer: each name with the value "NAME's value".
func values(names ...string) []map[string]any {
	var all []map[string]any
	for _, name := range names {
		all = append(all, map[string]any{"Name": name, "ARN": arnOf(name), "SecretString": name + "'s value"})
	}
	return all
}

func arnOf(name string) string {
	return "arn:aws:secretsmanager:eu-central-1:123456789012:secret:" + name + "-AbCdEf"
}

func failures(code string, names ...string) []map[string]string {
	var all []map[string]string
	for _, name := range names {
		all = append(all, map[string]string{"SecretId": name, "ErrorCode": code, "Message": "because of " + code})
	}
	return all
}

func TestRead(t *testing.T) {
	single := func(c call) reply {
		return reply{Body: map[string]string{"Name": c.JSON.SecretID, "SecretString": c.JSON.SecretID + "'s own value"}}
	}
	batch := func(body map[string]any) func(call) reply {
		return func(c call) reply {
			if c.Operation == "GetSecretValue" {
				return single(c)
			}
			return reply{Body: body}
		}
	}
	refuseBatch := func(code string) func(call) reply {
		return func(c call) reply {
			if c.Operation == "GetSecretValue" {
				return single(c)
			}
			return refuse(code, "no batch")
		}
	}
	const one, many = "GetSecretValue", "BatchGetSecretValue"
	for name, tc := range map[string]struct {
		answer     func(call) reply
		group      []provider.Ref
		want       []string
		operations []string
	}{
		"many secrets are one request, whatever the order of the answer": {
			batch(map[string]any{"SecretValues": values("c", "a", "b")}), refs("a", "b", "c"),
			[]string{"a's value", "b's value", "c's value"}, []string{many},
		},
		"one secret is read without a batch": {
			single, refs("a"), []string{"a's own value"}, []string{one},
		},
		"a secret asked for by its whole ARN is found": {
			batch(map[string]any{"SecretValues": values("a", "b")}), refs(arnOf("a"), "b"),
			[]string{"a's value", "b's value"}, []string{many},
		},
		"a secret asked for by its ARN without the random end is found": {
			batch(map[string]any{"SecretValues": values("a", "b")}), refs("arn:aws:secretsmanager:eu-central-1:123456789012:secret:a", "b"),
			[]string{"a's value", "b's value"}, []string{many},
		},
		"what fails for one secret of a batch is that secret's error": {
			batch(map[string]any{"SecretValues": values("a"), "Errors": append(failures("AccessDeniedException", "b"), failures("ResourceNotFoundException", "c")...)}),
			refs("a", "b", "c"), []string{"a's value", "[Denied]", "[NotFound]"}, []string{many},
		},
		"a passing fault of one secret of a batch is retried for that secret": {
			batch(map[string]any{"SecretValues": values("a"), "Errors": failures("InternalServiceError", "b")}),
			refs("a", "b"), []string{"a's value", "b's own value"}, []string{many, one},
		},
		"a secret that the batch neither gives nor refuses is asked for alone": {
			batch(map[string]any{"SecretValues": values("a")}), refs("a", "b"),
			[]string{"a's value", "b's own value"}, []string{many, one},
		},
		"a batch that is not permitted becomes single reads": {
			refuseBatch("AccessDeniedException"), refs("a", "b"), []string{"a's own value", "b's own value"}, []string{many, one, one},
		},
		"a batch that the service does not know becomes single reads": {
			refuseBatch("UnknownOperationException"), refs("a", "b"), []string{"a's own value", "b's own value"}, []string{many, one, one},
		},
		"a batch that fails over one of its names becomes single reads": {
			refuseBatch("InvalidParameterException"), refs("a", "b"), []string{"a's own value", "b's own value"}, []string{many, one, one},
		},
		"a batch that fails for the whole service fails each secret without more requests": {
			refuseBatch("ExpiredTokenException"), refs("a", "b"), []string{"[Unauthenticated]", "[Unauthenticated]"}, []string{many},
		},
		"an empty version and the current stage are one secret of a batch": {
			batch(map[string]any{"SecretValues": values("a", "b")}),
			[]provider.Ref{{Key: "a"}, {Key: "a", Version: "AWSCURRENT"}, {Key: "b"}},
			[]string{"a's value", "a's value", "b's value"}, []string{many},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, tc.answer)
			reader := s.open(t, 1)
			assert.Equal(t, tc.want, texts(reader.Read(t.Context(), tc.group)))
			assert.Equal(t, tc.operations, s.operations())
			for _, c := range s.made() {
				distinct := slices.Compact(slices.Sorted(slices.Values(c.JSON.SecretIDs)))
				assert.Len(t, c.JSON.SecretIDs, len(distinct), "an id is sent twice")
			}
		})
	}
}

func TestReadPagesOfABatch(t *testing.T) {
	t.Run("follow the token until every secret is answered", func(t *testing.T) {
		s := serve(t, func(c call) reply {
			if c.JSON.NextToken == "" {
				return reply{Body: map[string]any{"SecretValues": values("a"), "NextToken": "more"}}
			}
			return reply{Body: map[string]any{"SecretValues": values("b", "c"), "NextToken": "even more"}}
		})
		assert.Equal(t, []string{"a's value", "b's value", "c's value"}, texts(s.open(t, 1).Read(t.Context(), refs("a", "b", "c"))))
		require.Len(t, s.made(), 2)
		assert.Equal(t, "more", s.made()[1].JSON.NextToken)
	})
	t.Run("do not go on for ever", func(t *testing.T) {
		s := serve(t, func(c call) reply {
			if c.Operation == "GetSecretValue" {
				return refuse("ResourceNotFoundException", "no")
			}
			return reply{Body: map[string]any{"NextToken": "again"}}
		})
		assert.Equal(t, []string{"[NotFound]", "[NotFound]"}, texts(s.open(t, 1).Read(t.Context(), refs("a", "b"))))
		assert.LessOrEqual(t, len(s.made()), 5)
	})
}

func TestStopBatching(t *testing.T) {
	t.Run("for good and said once when the action is not permitted", func(t *testing.T) {
		s := serve(t, func(c call) reply {
			if c.Operation == "GetSecretValue" {
				return reply{Body: map[string]string{"SecretString": "v"}}
			}
			return refuse("AccessDeniedException", "not authorized to perform: secretsmanager:BatchGetSecretValue")
		})
		reader := s.open(t, 1)
		for range 3 {
			reader.Read(t.Context(), refs("a", "b"))
		}
		stats := reader.Stats()
		assert.Equal(t, map[string]int{"SecretsManager.BatchGetSecretValue": 1, "SecretsManager.GetSecretValue": 6}, stats.Requests)
		require.Len(t, stats.Notes, 1)
		assert.Contains(t, stats.Notes[0], "secrets are read one by one")
		assert.Contains(t, stats.Notes[0], "secretsmanager:BatchGetSecretValue")
	})
	t.Run("not because the key of one secret is out of reach", func(t *testing.T) {
		s := serve(t, func(c call) reply {
			switch {
			case c.Operation == "BatchGetSecretValue" && slices.Contains(c.JSON.SecretIDs, "locked"), c.JSON.SecretID == "locked":
				return refuse("DecryptionFailure", "no key")
			case c.Operation == "BatchGetSecretValue":
				return reply{Body: map[string]any{"SecretValues": values(c.JSON.SecretIDs...)}}
			}
			return reply{Body: map[string]string{"SecretString": "v"}}
		})
		reader := s.open(t, 1)
		assert.Equal(t, []string{"[Denied]", "v"}, texts(reader.Read(t.Context(), refs("locked", "a"))))
		assert.Equal(t, []string{"c's value", "d's value"}, texts(reader.Read(t.Context(), refs("c", "d"))))
		assert.Empty(t, reader.Stats().Notes)
	})
}

func TestReadOne(t *testing.T) {
	for name, tc := range map[string]struct {
		ref         provider.Ref
		answer      reply
		id          string
		version     string
		stage       string
		want        string
		wantMessage string
	}{
		"the current version is asked for by its stage":         {ref: provider.Ref{Key: "k"}, id: "k", stage: "AWSCURRENT"},
		"a version is a stage":                                  {ref: provider.Ref{Key: "k", Version: "AWSPREVIOUS"}, id: "k", stage: "AWSPREVIOUS"},
		"a version that begins with uuid/ is an id":             {ref: provider.Ref{Key: "k", Version: "uuid/1-2-3"}, id: "k", version: "1-2-3"},
		"binary data is decoded":                                {ref: provider.Ref{Key: "k"}, id: "k", stage: "AWSCURRENT", answer: reply{Body: map[string]any{"SecretBinary": []byte{0, 1, 255}}}, want: "\x00\x01\xff"},
		"an empty string is a value":                            {ref: provider.Ref{Key: "k"}, id: "k", stage: "AWSCURRENT", answer: reply{Body: map[string]any{"SecretString": ""}}},
		"a secret with neither is an error":                     {ref: provider.Ref{Key: "k"}, id: "k", stage: "AWSCURRENT", answer: reply{Body: map[string]any{"Name": "k"}}, want: "[Invalid]", wantMessage: "holds neither"},
		"a secret that waits for its deletion is not found":     {ref: provider.Ref{Key: "k"}, id: "k", stage: "AWSCURRENT", answer: refuse("InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion."), want: "[NotFound]", wantMessage: "restore it"},
		"an answer that is not AWS's is not quoted":             {ref: provider.Ref{Key: "k"}, id: "k", stage: "AWSCURRENT", answer: reply{Text: `{"SecretString": 1234567890}`}, want: "[Unavailable]", wantMessage: "can't be read"},
		"a proxy's page is not quoted, and its status is":       {ref: provider.Ref{Key: "k"}, id: "k", stage: "AWSCURRENT", answer: reply{Status: http.StatusForbidden, Text: "<html>1234567890</html>"}, want: "[Unavailable]", wantMessage: "HTTP status 403"},
		"a refusal without a code says what the service did":    {ref: provider.Ref{Key: "k"}, id: "k", stage: "AWSCURRENT", answer: reply{Status: http.StatusNotFound, Body: map[string]string{}}, want: "[Unknown]", wantMessage: "UnknownError"},
		"an answer that breaks off is an error and not a value": {ref: provider.Ref{Key: "k"}, id: "k", stage: "AWSCURRENT", answer: reply{Text: `{"SecretString": "1234567890`}, want: "[Unavailable]", wantMessage: "can't be read"},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.answer == (reply{}) {
				tc.answer, tc.want = reply{Body: map[string]string{"SecretString": "v"}}, "v"
			}
			s := serve(t, func(call) reply { return tc.answer })
			reader := s.open(t, 1)
			answers := reader.Read(t.Context(), []provider.Ref{tc.ref})
			assert.Equal(t, []string{tc.want}, texts(answers))
			require.Len(t, s.made(), 1)
			got := s.made()[0].JSON
			assert.Equal(t, []string{tc.id, tc.version, tc.stage}, []string{got.SecretID, got.Version, got.Stage})
			if tc.wantMessage != "" {
				require.ErrorContains(t, answers[0].Err, tc.wantMessage)
				for err := answers[0].Err; err != nil; {
					assert.NotContains(t, fmt.Sprintf("%+v", err), "1234567890")
					unwrap, ok := err.(interface{ Unwrap() error })
					if !ok {
						break
					}
					err = unwrap.Unwrap()
				}
			}
		})
	}
}

func TestRetries(t *testing.T) {
	t.Run("a throttled request is tried again", func(t *testing.T) {
		var s *server
		s = serve(t, func(call) reply {
			if len(s.made()) < 3 {
				return refuse("ThrottlingException", "Rate exceeded")
			}
			return reply{Body: map[string]string{"SecretString": "v"}}
		})
		reader := s.open(t, 5)
		assert.Equal(t, []string{"v"}, texts(reader.Read(t.Context(), refs("a"))))
		stats := reader.Stats()
		assert.Equal(t, map[string]int{"SecretsManager.GetSecretValue": 3}, stats.Requests, "retries count")
		assert.Equal(t, 2, stats.Retries)
		assert.Equal(t, 2, stats.Throttles)
		assert.Positive(t, stats.Latency.Max)
		assert.GreaterOrEqual(t, stats.Latency.Total, stats.Latency.Max)
	})
	t.Run("a store that stays throttled says what to do", func(t *testing.T) {
		s := serve(t, func(call) reply { return refuse("ThrottlingException", "Rate exceeded") })
		answers := s.open(t, 3).Read(t.Context(), refs("a", "b"))
		assert.Equal(t, []string{"[Throttled]", "[Throttled]"}, texts(answers))
		require.EqualError(t, answers[0].Err, "BatchGetSecretValue: ThrottlingException: Rate exceeded ("+throttled+")")
		assert.Len(t, s.made(), 3)
	})
	t.Run("a silent endpoint does not hold up the pass", func(t *testing.T) {
		release := make(chan struct{})
		s := serve(t, func(call) reply { <-release; return reply{} })
		t.Cleanup(func() { close(release) })
		p := s.provider()
		p.Timeout = 50 * time.Millisecond
		store := storeOf(t, staticSpec())
		attempts, wait := int32(2), "1ms"
		store.Retry = &api.StoreRetrySettings{MaxRetries: &attempts, RetryInterval: &wait}
		reader, err := p.Open(t.Context(), store, keychain{})
		require.NoError(t, err)
		answers := reader.Read(t.Context(), refs("a"))
		assert.Equal(t, []string{"[Unavailable]"}, texts(answers))
		require.ErrorContains(t, answers[0].Err, "reachable")
		assert.Len(t, s.made(), 2, "a timeout is tried again")
	})
	for name, settings := range map[string]api.StoreRetrySettings{
		"an interval that is no duration is refused": {RetryInterval: new("soon")},
		"a negative interval is refused":             {RetryInterval: new("-1s")},
	} {
		t.Run(name, func(t *testing.T) {
			store := storeOf(t, staticSpec())
			store.Retry = &settings
			p := serve(t, nil).provider()
			_, planned := p.Locate(store)
			_, opened := p.Open(t.Context(), store, keychain{})
			for _, err := range []error{planned, opened} {
				require.ErrorContains(t, err, "spec.retrySettings.retryInterval")
				assert.Equal(t, provider.Invalid, provider.KindOf(err))
			}
		})
	}
}

func TestPlan(t *testing.T) {
	many := func(n int) []provider.Ref {
		var all []provider.Ref
		for i := range n {
			all = append(all, provider.Ref{Key: fmt.Sprint(i)})
		}
		return all
	}
	versioned := provider.Ref{Key: "v", Version: "AWSPREVIOUS"}
	secrets, parameters := newSecretsManager(aws.Config{}, "", &provider.Meter{}), newParameterStore(aws.Config{}, "", &provider.Meter{})
	for name, tc := range map[string]struct {
		reader *reader
		refs   []provider.Ref
		sizes  []int
	}{
		"nothing is no request":                            {secrets, nil, nil},
		"twenty are one request":                           {secrets, many(20), []int{20}},
		"twenty-one are two":                               {secrets, many(21), []int{20, 1}},
		"five hundred are twenty-five":                     {secrets, many(500), slices.Repeat([]int{20}, 25)},
		"a version of its own is a request of its own":     {secrets, append(many(2), versioned), []int{2, 1}},
		"a version in between does not break a batch":      {secrets, append([]provider.Ref{versioned}, many(3)...), []int{1, 3}},
		"the current stage by its name goes into a batch":  {secrets, append(many(2), provider.Ref{Key: "c", Version: "AWSCURRENT"}), []int{3}},
		"an id of a version is a request of its own":       {secrets, append(many(2), provider.Ref{Key: "c", Version: "uuid/1"}), []int{2, 1}},
		"a full batch opens another with the version past": {secrets, append(append(many(20), versioned), provider.Ref{Key: "x"}, provider.Ref{Key: "y"}), []int{20, 1, 2}},
		"tags are a request of their own":                  {secrets, append(many(2), provider.Ref{Key: "t", Metadata: true}), []int{2, 1}},
		"ten parameters are one request":                   {parameters, many(10), []int{10}},
		"eleven parameters are two":                        {parameters, many(11), []int{10, 1}},
		"versions of several parameters are one request":   {parameters, []provider.Ref{{Key: "a", Version: "1"}, {Key: "b", Version: "1"}, {Key: "c"}}, []int{3}},
		"versions of one parameter go different ways, which others join": {
			parameters, append([]provider.Ref{{Key: "1"}, {Key: "1", Version: "3"}, {Key: "1:live"}, {Key: "arn:aws:ssm:r:1:parameter/1"}}, many(25)[2:]...), []int{10, 10, 6, 1},
		},
		"tags of parameters are requests of their own": {parameters, append(many(2), provider.Ref{Key: "t", Metadata: true}), []int{2, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			groups := tc.reader.Plan(tc.refs)
			var sizes []int
			var flat []provider.Ref
			for _, group := range groups {
				sizes = append(sizes, len(group))
				flat = append(flat, group...)
			}
			assert.Equal(t, tc.sizes, sizes)
			assert.ElementsMatch(t, tc.refs, flat, "each ref is in exactly one group")
			if len(groups) > 0 {
				assert.Equal(t, tc.refs[0], groups[0][0], "the most urgent first")
			}
		})
	}
}
