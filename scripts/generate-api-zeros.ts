/**
 * What upstream's types make of a field that is not set: protobuf writes zeros where JSON leaves fields out, so a reader
 * of protobuf has to know. Each line is a definition and those of its fields that differ from the rule in
 * `generate-api-facts.ts`; the facts are those of Kubernetes 1.35 (k8s.io/api, types.go of each group).
 */

/** Pointers: a zero that was set stays, an unset field is left out. */
export const KEPT = `
core.v1.PersistentVolumeSpec: volumeMode volumeAttributesClassName
core.v1.PersistentVolumeClaimSpec: storageClassName volumeMode volumeAttributesClassName
core.v1.TypedObjectReference: namespace
core.v1.PersistentVolumeClaimStatus: currentVolumeAttributesClassName
core.v1.HostPathVolumeSource: type
core.v1.GlusterfsPersistentVolumeSource: endpointsNamespace
core.v1.SecretVolumeSource: defaultMode optional
core.v1.SecretProjection: optional
core.v1.ISCSIVolumeSource: initiatorName
core.v1.ISCSIPersistentVolumeSource: initiatorName
core.v1.FCVolumeSource: lun
core.v1.AzureDiskVolumeSource: cachingMode fsType readOnly kind
core.v1.ConfigMapVolumeSource: defaultMode optional
core.v1.ConfigMapProjection: optional
core.v1.ServiceAccountTokenProjection: expirationSeconds
core.v1.ClusterTrustBundleProjection: name signerName optional
core.v1.PodCertificateProjection: maxExpirationSeconds
core.v1.ProjectedVolumeSource: defaultMode
core.v1.KeyToPath: mode
core.v1.LocalVolumeSource: fsType
core.v1.CSIVolumeSource: readOnly fsType
core.v1.VolumeMount: recursiveReadOnly mountPropagation
core.v1.FileKeySelector: optional
core.v1.ConfigMapKeySelector: optional
core.v1.SecretKeySelector: optional
core.v1.ConfigMapEnvSource: optional
core.v1.SecretEnvSource: optional
core.v1.Probe: terminationGracePeriodSeconds
core.v1.Container: restartPolicy
core.v1.Lifecycle: stopSignal
core.v1.ContainerStatus: started stopSignal
core.v1.VolumeMountStatus: recursiveReadOnly
core.v1.Toleration: tolerationSeconds
core.v1.PodSpec: terminationGracePeriodSeconds activeDeadlineSeconds automountServiceAccountToken shareProcessNamespace priority runtimeClassName enableServiceLinks preemptionPolicy setHostnameAsFQDN hostUsers hostnameOverride
core.v1.PodResourceClaim: resourceClaimName resourceClaimTemplateName
core.v1.PodResourceClaimStatus: resourceClaimName
core.v1.TopologySpreadConstraint: minDomains nodeAffinityPolicy nodeTaintsPolicy
core.v1.PodSecurityContext: runAsUser runAsGroup runAsNonRoot supplementalGroupsPolicy fsGroup fsGroupChangePolicy seLinuxChangePolicy
core.v1.SeccompProfile: localhostProfile
core.v1.AppArmorProfile: localhostProfile
core.v1.PodDNSConfigOption: value
core.v1.EphemeralContainerCommon: restartPolicy
core.v1.ReplicationControllerSpec: replicas template
core.v1.ClientIPConfig: timeoutSeconds
core.v1.LoadBalancerIngress: ipMode
core.v1.ServiceSpec: ipFamilyPolicy allocateLoadBalancerNodePorts loadBalancerClass internalTrafficPolicy trafficDistribution
core.v1.ServicePort: appProtocol
core.v1.ServiceAccount: automountServiceAccountToken
core.v1.EndpointAddress: nodeName
core.v1.EndpointPort: appProtocol
core.v1.NodeRuntimeHandlerFeatures: recursiveReadOnlyMounts userNamespaces
core.v1.NodeFeatures: supplementalGroupsPolicy
core.v1.NodeSwapStatus: capacity
core.v1.Secret: immutable
core.v1.ConfigMap: immutable
core.v1.DownwardAPIVolumeSource: defaultMode
core.v1.DownwardAPIVolumeFile: mode
core.v1.SecurityContext: privileged runAsUser runAsGroup runAsNonRoot readOnlyRootFilesystem allowPrivilegeEscalation procMount
core.v1.WindowsSecurityContextOptions: gmsaCredentialSpecName gmsaCredentialSpec runAsUserName hostProcess
core.v1.PortStatus: error
apps.v1.RollingUpdateStatefulSetStrategy: partition
apps.v1.StatefulSetSpec: replicas revisionHistoryLimit
apps.v1.StatefulSetStatus: collisionCount
apps.v1.DeploymentSpec: replicas revisionHistoryLimit progressDeadlineSeconds
apps.v1.DeploymentStatus: terminatingReplicas collisionCount
apps.v1.DaemonSetSpec: revisionHistoryLimit
apps.v1.DaemonSetStatus: collisionCount
apps.v1.ReplicaSetSpec: replicas
apps.v1.ReplicaSetStatus: terminatingReplicas
batch.v1.PodFailurePolicyOnExitCodesRequirement: containerName
batch.v1.SuccessPolicyRule: succeededIndexes succeededCount
batch.v1.JobSpec: parallelism completions activeDeadlineSeconds backoffLimit backoffLimitPerIndex maxFailedIndexes manualSelector ttlSecondsAfterFinished completionMode suspend podReplacementPolicy managedBy
batch.v1.JobStatus: terminating failedIndexes ready
batch.v1.CronJobSpec: timeZone startingDeadlineSeconds suspend successfulJobsHistoryLimit failedJobsHistoryLimit
autoscaling.v1.HorizontalPodAutoscalerSpec: minReplicas targetCPUUtilizationPercentage
autoscaling.v1.HorizontalPodAutoscalerStatus: observedGeneration currentCPUUtilizationPercentage
autoscaling.v2.HorizontalPodAutoscalerSpec: minReplicas
autoscaling.v2.HPAScalingRules: stabilizationWindowSeconds selectPolicy
autoscaling.v2.MetricTarget: averageUtilization
autoscaling.v2.HorizontalPodAutoscalerStatus: observedGeneration
autoscaling.v2.MetricValueStatus: averageUtilization
policy.v1.PodDisruptionBudgetSpec: unhealthyPodEvictionPolicy
networking.v1.NetworkPolicyPort: endPort
networking.v1.IngressSpec: ingressClassName
networking.v1.IngressPortStatus: error
networking.v1.IngressClassParametersReference: apiGroup namespace
networking.v1.IPAddressSpec: parentRef
storage.v1.StorageClass: allowVolumeExpansion volumeBindingMode
storage.v1.VolumeAttachmentSource: persistentVolumeName
storage.v1.VolumeError: errorCode
storage.v1.CSIDriverSpec: attachRequired podInfoOnMount storageCapacity fsGroupPolicy requiresRepublish seLinuxMount nodeAllocatableUpdatePeriodSeconds serviceAccountTokenInSecrets
storage.v1.TokenRequest: expirationSeconds
storage.v1.VolumeNodeResources: count
discovery.v1.Endpoint: hostname nodeName zone
discovery.v1.EndpointConditions: ready serving terminating
discovery.v1.EndpointPort: name port appProtocol
coordination.v1.LeaseSpec: holderIdentity leaseDurationSeconds leaseTransitions strategy preferredHolder
certificates.v1.CertificateSigningRequestSpec: expirationSeconds
admissionregistration.v1.Rule: scope
admissionregistration.v1.ValidatingAdmissionPolicySpec: failurePolicy
admissionregistration.v1.ParamRef: parameterNotFoundAction
admissionregistration.v1.MatchResources: matchPolicy
admissionregistration.v1.ValidatingWebhook: failurePolicy matchPolicy timeoutSeconds
admissionregistration.v1.MutatingWebhook: failurePolicy matchPolicy timeoutSeconds reinvocationPolicy
admissionregistration.v1.WebhookClientConfig: url
admissionregistration.v1.ServiceReference: path port
flowcontrol.v1.LimitedPriorityLevelConfiguration: lendablePercent borrowingLimitPercent
flowcontrol.v1.ExemptPriorityLevelConfiguration: nominalConcurrencyShares lendablePercent
resource.v1.ResourceSliceSpec: nodeName allNodes perDeviceNodeSelection
resource.v1.Device: nodeName allNodes bindsToNode allowMultipleAllocations
resource.v1.CapacityRequestPolicyRange: min
resource.v1.DeviceAttribute: int bool string version
resource.v1.ExactDeviceRequest: adminAccess
resource.v1.DeviceConstraint: matchAttribute distinctAttribute
resource.v1.DeviceToleration: tolerationSeconds
resource.v1.DeviceRequestAllocationResult: adminAccess shareID
resource.v1.DeviceClassSpec: extendedResourceName
resource.v1.AllocatedDeviceStatus: shareID
meta.v1.ListMeta: remainingItemCount
meta.v1.ObjectMeta: deletionGracePeriodSeconds
meta.v1.OwnerReference: controller blockOwnerDeletion
meta.v1.DeleteOptions: gracePeriodSeconds orphanDependents propagationPolicy ignoreStoreReadErrorWithClusterBreakingPotential
meta.v1.Preconditions: uid resourceVersion
apiextensions.v1.WebhookClientConfig: url
apiextensions.v1.ServiceReference: path port
apiextensions.v1.CustomResourceDefinitionVersion: deprecationWarning
apiextensions.v1.CustomResourceSubresources: status
apiextensions.v1.CustomResourceSubresourceScale: labelSelectorPath
apiextensions.v1.JSONSchemaProps: $ref maximum minimum maxLength minLength maxItems minItems multipleOf maxProperties minProperties x-kubernetes-preserve-unknown-fields x-kubernetes-list-type x-kubernetes-map-type
apiextensions.v1.ValidationRule: reason optionalOldSelf
apiregistration.v1.ServiceReference: port
`

/** Values without `omitempty`, and structs, which Go never leaves out: the zero value is written. */
export const SHOWN = `
core.v1.PersistentVolumeClaimSpec: resources
core.v1.PersistentVolumeClaimCondition: lastProbeTime lastTransitionTime
core.v1.ProjectedVolumeSource: sources
core.v1.ResourceFieldSelector: divisor
core.v1.Container: resources
core.v1.ContainerStateRunning: startedAt
core.v1.ContainerStateTerminated: startedAt finishedAt
core.v1.ContainerStatus: state lastState
core.v1.PodCondition: lastProbeTime lastTransitionTime
core.v1.EphemeralContainerCommon: name resources
core.v1.ReplicationControllerCondition: lastTransitionTime
core.v1.ServiceStatus: loadBalancer
core.v1.ServicePort: targetPort
core.v1.NodeDaemonEndpoints: kubeletEndpoint
core.v1.NodeRuntimeHandler: name
core.v1.NodeStatus: daemonEndpoints nodeInfo
core.v1.ContainerImage: names
core.v1.NodeCondition: lastHeartbeatTime lastTransitionTime
core.v1.NamespaceCondition: lastTransitionTime
core.v1.Event: source firstTimestamp lastTimestamp eventTime reportingComponent reportingInstance
core.v1.EventSeries: lastObservedTime
apps.v1.StatefulSetOrdinals: start
apps.v1.StatefulSetSpec: serviceName updateStrategy
apps.v1.StatefulSetStatus: availableReplicas
apps.v1.StatefulSetCondition: lastTransitionTime
apps.v1.DeploymentSpec: strategy
apps.v1.DeploymentCondition: lastUpdateTime lastTransitionTime
apps.v1.DaemonSetSpec: updateStrategy
apps.v1.DaemonSetCondition: lastTransitionTime
apps.v1.ReplicaSetCondition: lastTransitionTime
apps.v1.ControllerRevision: data
batch.v1.JobCondition: lastProbeTime lastTransitionTime
autoscaling.v2.HorizontalPodAutoscalerStatus: currentMetrics
autoscaling.v2.HorizontalPodAutoscalerCondition: lastTransitionTime
policy.v1.PodDisruptionBudgetStatus: disruptionsAllowed currentHealthy desiredHealthy expectedPods
rbac.v1.RoleRef: apiGroup
rbac.v1.Role: rules
rbac.v1.ClusterRole: rules
networking.v1.NetworkPolicySpec: podSelector
networking.v1.IngressStatus: loadBalancer
networking.v1.IngressServiceBackend: port
storage.v1.VolumeError: time
storage.v1.CSINodeDriver: topologyKeys
scheduling.v1.PriorityClass: value
discovery.v1.EndpointSlice: endpoints ports
discovery.v1.Endpoint: conditions
events.v1.Event: regarding deprecatedSource deprecatedFirstTimestamp deprecatedLastTimestamp
authentication.v1.TokenReviewStatus: user
authentication.v1.TokenRequestSpec: audiences
authentication.v1.TokenRequestStatus: token expirationTimestamp
authentication.v1.SelfSubjectReviewStatus: userInfo
certificates.v1.CertificateSigningRequestCondition: lastUpdateTime lastTransitionTime
flowcontrol.v1.FlowSchemaSpec: matchingPrecedence
flowcontrol.v1.ResourcePolicyRule: namespaces
flowcontrol.v1.FlowSchemaCondition: lastTransitionTime
flowcontrol.v1.LimitedPriorityLevelConfiguration: limitResponse
flowcontrol.v1.QueuingConfiguration: queues handSize queueLengthLimit
flowcontrol.v1.PriorityLevelConfigurationCondition: lastTransitionTime
resource.v1.ResourceClaimSpec: devices
resource.v1.DeviceClaim: requests
resource.v1.AllocationResult: devices
resource.v1.AllocatedDeviceStatus: conditions
meta.v1.APIGroup: preferredVersion
meta.v1.PartialObjectMetadataList: items
apiextensions.v1.CustomResourceDefinitionCondition: lastTransitionTime
apiextensions.v1.CustomResourceDefinitionStatus: conditions acceptedNames storedVersions
apiextensions.v1.JSONSchemaProps: dependencies definitions
apiregistration.v1.APIServiceCondition: lastTransitionTime
`

/** Values with `omitempty` although the schema requires them, and `omitzero`. */
export const ABSENT = `
core.v1.PodCertificateProjection: signerName keyType
core.v1.ContainerRestartRule: action
core.v1.ContainerRestartRuleOnExitCodes: operator
networking.v1.ParentReference: resource name
authentication.v1.TokenReviewSpec: token
admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec: policyName validationActions
resource.v1.CounterSet: counters
resource.v1.DeviceCounterConsumption: counters
meta.v1.ObjectMeta: creationTimestamp
`

/** Pointers without `omitempty`: unset, they are written as null. */
export const NULL = `
core.v1.TypedObjectReference: apiGroup
core.v1.AzureFilePersistentVolumeSource: secretNamespace
core.v1.ScaleIOVolumeSource: secretRef
core.v1.ScaleIOPersistentVolumeSource: secretRef
core.v1.GRPCAction: service
core.v1.TypedLocalObjectReference: apiGroup
apps.v1.StatefulSetSpec: selector
apps.v1.DeploymentSpec: selector
apps.v1.DaemonSetSpec: selector
apps.v1.ReplicaSetSpec: selector
networking.v1.HTTPIngressPath: pathType
networking.v1.IngressClassParametersReference: scope
authentication.v1.TokenRequestSpec: expirationSeconds boundObjectRef
admissionregistration.v1.ValidatingWebhook: sideEffects
admissionregistration.v1.MutatingWebhook: sideEffects
flowcontrol.v1.LimitedPriorityLevelConfiguration: nominalConcurrencyShares
resource.v1.CapacityRequestPolicy: default
`
