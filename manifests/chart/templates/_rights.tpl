{{- /* A binding of the runner's account: a list of the kind of the role, its name and the Release's namespace. */ -}}
{{- define "binding" -}}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ index . 0 }}
  name: {{ index . 1 }}
subjects:
- kind: ServiceAccount
  name: externalsecret-runner
  namespace: {{ index . 2 }}
{{- end }}

{{- /* The verbs for Secrets and for ExternalSecrets. */ -}}
{{- define "secretVerbs" -}}
[get{{ if eq .Values.secretAccess "list" }}, list{{ end }}, create, update, delete]
{{- end }}

{{- define "externalSecretVerbs" -}}
[get, list{{ if .Values.lingerSeconds }}, watch{{ end }}]
{{- end }}
