{{- define "metastore.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{/* Pods add "-0", a headless service and a DNS label have 63 characters: 40 are left. */}}
{{- define "metastore.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains (include "metastore.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "metastore.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "metastore.headless" -}}
{{- include "metastore.fullname" . }}-headless
{{- end -}}

{{/* Of everything that belongs to a release. */}}
{{- define "metastore.own" -}}
app.kubernetes.io/name: {{ include "metastore.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* Of its members. */}}
{{- define "metastore.selector" -}}
{{ include "metastore.own" . }}
app.kubernetes.io/component: member
{{- end -}}

{{- define "metastore.labels" -}}
{{ include "metastore.own" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "metastore.metadata" -}}
namespace: {{ .Release.Namespace | quote }}
labels:
  {{- include "metastore.labels" . | nindent 2 }}
{{- with .Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "metastore.serviceAccount" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "metastore.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "metastore.image" -}}
{{- $name := .Values.image.repository -}}
{{- if .Values.image.registry -}}
{{- $name = printf "%s/%s" .Values.image.registry $name -}}
{{- end -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $name .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $name (default .Chart.AppVersion .Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{- define "metastore.domain" -}}
{{- printf "%s.%s.svc.%s" (include "metastore.headless" .) .Release.Namespace .Values.clusterDomain -}}
{{- end -}}

{{- define "metastore.clientScheme" -}}
{{- eq .Values.tls.client.mode "off" | ternary "http" "https" -}}
{{- end -}}

{{- define "metastore.peerScheme" -}}
{{- eq .Values.tls.peer.mode "off" | ternary "http" "https" -}}
{{- end -}}

{{- define "metastore.endpoints" -}}
{{- $out := list -}}
{{- range $i := until (int .Values.replicaCount) -}}
{{- $out = append $out (printf "%s://%s-%d.%s:2379" (include "metastore.clientScheme" $) (include "metastore.fullname" $) $i (include "metastore.domain" $)) -}}
{{- end -}}
{{- join "," $out -}}
{{- end -}}

{{- define "metastore.initialCluster" -}}
{{- $out := list -}}
{{- range $i := until (int .Values.replicaCount) -}}
{{- $name := printf "%s-%d" (include "metastore.fullname" $) $i -}}
{{- $out = append $out (printf "%s=%s://%s.%s:2380" $name (include "metastore.peerScheme" $) $name (include "metastore.domain" $)) -}}
{{- end -}}
{{- join "," $out -}}
{{- end -}}

{{/* What Kubernetes has of this release: its members were founded with that. Nothing where Helm has no cluster to ask. */}}
{{- define "metastore.founded" -}}
{{- $map := lookup "v1" "ConfigMap" .Release.Namespace (include "metastore.fullname" .) -}}
{{- if $map -}}
{{- index $map.data "initial-cluster" -}}
{{- end -}}
{{- end -}}

{{- define "metastore.check" -}}
{{- if not (regexMatch "^[a-z]" (include "metastore.fullname" .)) -}}
{{- fail (printf "the name %s must begin with a letter: set fullnameOverride" (include "metastore.fullname" .)) -}}
{{- end -}}
{{- $founded := include "metastore.founded" . -}}
{{- if $founded -}}
{{- $had := len (splitList "," $founded) -}}
{{- if and (ne (int .Values.replicaCount) $had) (ne (int .Values.replicaCount) (int .Values.resizedTo)) -}}
{{- fail (printf "replicaCount is %d and was %d: members do not come and go by it. Add or remove them first (README.md, \"Size\"), then set resizedTo=%d" (int .Values.replicaCount) $had (int .Values.replicaCount)) -}}
{{- end -}}
{{- if and (gt (int .Values.replicaCount) $had) (eq .Values.initialClusterState "new") -}}
{{- fail "more pods than the cluster was founded with need initialClusterState=existing, or they found a second one" -}}
{{- end -}}
{{- if not (contains (printf "=%s://" (include "metastore.peerScheme" .)) $founded) -}}
{{- fail "tls.peer.mode cannot change between off and others: a member's address is part of who it is" -}}
{{- end -}}
{{- end -}}
{{- if and (eq .Values.server.autoCompactionMode "revision") (not (regexMatch "^[0-9]+$" .Values.server.autoCompactionRetention)) -}}
{{- fail (printf "server.autoCompactionRetention is %s, and with server.autoCompactionMode revision must be a number of revisions" .Values.server.autoCompactionRetention) -}}
{{- end -}}
{{- if and (eq .Values.tls.client.mode "secret") (not .Values.tls.client.existingSecret) -}}
{{- fail "tls.client.mode is secret: tls.client.existingSecret must name one with tls.crt, tls.key and ca.crt" -}}
{{- end -}}
{{- if and (eq .Values.tls.peer.mode "secret") (not .Values.tls.peer.existingSecret) -}}
{{- fail "tls.peer.mode is secret: tls.peer.existingSecret must name one with tls.crt, tls.key and ca.crt" -}}
{{- end -}}
{{- if and .Values.tls.client.clientAuth (eq .Values.tls.client.mode "off") -}}
{{- fail "tls.client.clientAuth needs tls.client.mode secret: without TLS there are no certificates" -}}
{{- end -}}
{{- if and .Values.metrics.prometheusRule.enabled (not .Values.metrics.podMonitor.enabled) -}}
{{- fail "metrics.prometheusRule.enabled needs metrics.podMonitor.enabled: its alerts are for what that collects" -}}
{{- end -}}
{{- range .Values.server.extraArgs -}}
{{- $flag := regexFind "^--[^=]*" . -}}
{{- if has $flag (list "--name" "--data-dir" "--listen-client-urls" "--advertise-client-urls" "--listen-peer-urls" "--initial-advertise-peer-urls" "--listen-metrics-urls" "--initial-cluster" "--initial-cluster-token" "--initial-cluster-state" "--force-new-cluster") -}}
{{- fail (printf "server.extraArgs has %s, which the chart sets itself, or which all members together must not have" $flag) -}}
{{- end -}}
{{- end -}}
{{- end -}}
