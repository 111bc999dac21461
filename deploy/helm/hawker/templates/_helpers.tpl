{{- define "hawker.name" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{- /* Of a role: (dict "root" $ "role" name). */}}
{{- define "hawker.selector" -}}
app.kubernetes.io/name: hawker
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .role }}
{{- end }}

{{- define "hawker.labels" -}}
{{ include "hawker.selector" . }}
app.kubernetes.io/version: {{ .root.Values.image.tag | default .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- /* Settings of a pod: the chart's, then everybody's, then the role's, then the secret's. A name counts once. */}}
{{- define "hawker.env" -}}
{{- $values := .root.Values }}
{{- $own := dict "HAWKER_DATA" "/data" "HAWKER_HTTP" ":8080" "HAWKER_RTMP" ":1935" "HAWKER_PUBLIC_URL" $values.publicURL
  "HAWKER_METRICS_ADDRESS" (printf "0.0.0.0:%d" (int $values.metrics.port)) }}
{{- if eq .role "edge" }}
{{- $_ := set $own "HAWKER_EDGE_ORIGIN" (printf "http://%s-live:8080" (include "hawker.name" .root)) }}
{{- end }}
{{- range $name, $value := mustMergeOverwrite $own (deepCopy $values.settings) (deepCopy (default dict .settings)) }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- range $name, $key := $values.secret.keys }}
- name: {{ $name }}
  valueFrom:
    secretKeyRef: {name: {{ $values.secret.name }}, key: {{ $key }}}
{{- end }}
{{- end }}

{{- define "hawker.image" -}}
{{ index .root.Values.image .image }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{- define "hawker.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "hawker.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}
