{{- define "millrace.labels" -}}
app.kubernetes.io/name: millrace
app.kubernetes.io/instance: {{ .release.Name }}
app.kubernetes.io/component: {{ .app }}
{{- end }}

{{- define "millrace.fullname" -}}
{{ .release.Name }}-{{ .app }}
{{- end }}
