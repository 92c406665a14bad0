/**
 * How upstream's types declare lists and maps to server-side apply and to strategic merge patches, and which defaults
 * they publish. Each line is a definition and its fields; the facts are those of Kubernetes 1.35 (k8s.io/api, types.go of each group).
 */

/**
 * `field=TYPE`, where TYPE is `atomic`, `set` or `map(keys)` for a list, `atomic` or `granular` for a map or a struct;
 * `patch(strategies:key)` adds how a strategic merge patch treats it. Parts are joined by `+`.
 */
export const LISTS = `
core.v1.PersistentVolumeSpec: accessModes=atomic claimRef=granular mountOptions=atomic
core.v1.PersistentVolumeClaimSpec: accessModes=atomic
core.v1.PersistentVolumeClaimStatus: accessModes=atomic conditions=map(type)+patch(merge:type) allocatedResourceStatuses=granular
core.v1.RBDVolumeSource: monitors=atomic
core.v1.RBDPersistentVolumeSource: monitors=atomic
core.v1.CephFSVolumeSource: monitors=atomic
core.v1.CephFSPersistentVolumeSource: monitors=atomic
core.v1.SecretVolumeSource: items=atomic
core.v1.SecretProjection: items=atomic
core.v1.ISCSIVolumeSource: portals=atomic
core.v1.ISCSIPersistentVolumeSource: portals=atomic
core.v1.FCVolumeSource: targetWWNs=atomic wwids=atomic
core.v1.ConfigMapVolumeSource: items=atomic
core.v1.ConfigMapProjection: items=atomic
core.v1.ProjectedVolumeSource: sources=atomic
core.v1.HTTPGetAction: httpHeaders=atomic
core.v1.ExecAction: command=atomic
core.v1.Capabilities: add=atomic drop=atomic
core.v1.ResourceRequirements: claims=map(name)
core.v1.Container: command=atomic args=atomic ports=map(containerPort,protocol)+patch(merge:containerPort) envFrom=atomic env=map(name)+patch(merge:name) resizePolicy=atomic restartPolicyRules=atomic volumeMounts=map(mountPath)+patch(merge:mountPath) volumeDevices=map(devicePath)+patch(merge:devicePath)
core.v1.ContainerStatus: volumeMounts=map(mountPath)+patch(merge:mountPath) allocatedResourcesStatus=map(name)+patch(merge:name)
core.v1.ResourceStatus: resources=map(resourceID)
core.v1.LinuxContainerUser: supplementalGroups=atomic
core.v1.ContainerRestartRuleOnExitCodes: values=set
core.v1.NodeSelector: nodeSelectorTerms=atomic
core.v1.NodeSelectorTerm: matchExpressions=atomic matchFields=atomic
core.v1.NodeSelectorRequirement: values=atomic
core.v1.TopologySelectorTerm: matchLabelExpressions=atomic
core.v1.TopologySelectorLabelRequirement: values=atomic
core.v1.PodAffinity: requiredDuringSchedulingIgnoredDuringExecution=atomic preferredDuringSchedulingIgnoredDuringExecution=atomic
core.v1.PodAntiAffinity: requiredDuringSchedulingIgnoredDuringExecution=atomic preferredDuringSchedulingIgnoredDuringExecution=atomic
core.v1.PodAffinityTerm: namespaces=atomic matchLabelKeys=atomic mismatchLabelKeys=atomic
core.v1.NodeAffinity: preferredDuringSchedulingIgnoredDuringExecution=atomic
core.v1.PodSpec: volumes=map(name)+patch(merge,retainKeys:name) initContainers=map(name)+patch(merge:name) containers=map(name)+patch(merge:name) ephemeralContainers=map(name)+patch(merge:name) nodeSelector=atomic imagePullSecrets=map(name)+patch(merge:name) tolerations=atomic hostAliases=map(ip)+patch(merge:ip) readinessGates=atomic topologySpreadConstraints=map(topologyKey,whenUnsatisfiable)+patch(merge:topologyKey) schedulingGates=map(name)+patch(merge:name) resourceClaims=map(name)+patch(merge,retainKeys:name)
core.v1.PodExtendedResourceClaimStatus: requestMappings=atomic
core.v1.TopologySpreadConstraint: matchLabelKeys=atomic
core.v1.HostAlias: hostnames=atomic
core.v1.PodSecurityContext: supplementalGroups=atomic sysctls=atomic
core.v1.PodDNSConfig: nameservers=atomic searches=atomic options=atomic
core.v1.EphemeralContainerCommon: command=atomic args=atomic ports=map(containerPort,protocol)+patch(merge:containerPort) envFrom=atomic env=map(name)+patch(merge:name) resizePolicy=atomic restartPolicyRules=atomic volumeMounts=map(mountPath)+patch(merge:mountPath) volumeDevices=map(devicePath)+patch(merge:devicePath)
core.v1.PodStatus: conditions=map(type)+patch(merge:type) hostIPs=atomic+patch(merge:ip) podIPs=map(ip)+patch(merge:ip) initContainerStatuses=atomic containerStatuses=atomic ephemeralContainerStatuses=atomic resourceClaimStatuses=map(name)+patch(merge,retainKeys:name)
core.v1.ReplicationControllerSpec: selector=atomic
core.v1.ReplicationControllerStatus: conditions=map(type)+patch(merge:type)
core.v1.ServiceStatus: conditions=map(type)+patch(merge:type)
core.v1.LoadBalancerStatus: ingress=atomic
core.v1.LoadBalancerIngress: ports=atomic
core.v1.ServiceSpec: ports=map(port,protocol)+patch(merge:port) selector=atomic clusterIPs=atomic externalIPs=atomic loadBalancerSourceRanges=atomic ipFamilies=atomic
core.v1.ServiceAccount: secrets=map(name)+patch(merge:name) imagePullSecrets=atomic
core.v1.Endpoints: subsets=atomic
core.v1.EndpointSubset: addresses=atomic notReadyAddresses=atomic ports=atomic
core.v1.NodeSpec: podCIDRs=set+patch(merge) taints=atomic
core.v1.NodeStatus: conditions=map(type)+patch(merge:type) addresses=map(type)+patch(merge:type) images=atomic volumesInUse=atomic volumesAttached=atomic runtimeHandlers=atomic declaredFeatures=atomic
core.v1.ContainerImage: names=atomic
core.v1.NamespaceSpec: finalizers=atomic
core.v1.NamespaceStatus: conditions=map(type)+patch(merge:type)
core.v1.LimitRangeSpec: limits=atomic
core.v1.ResourceQuotaSpec: scopes=atomic
core.v1.ScopeSelector: matchExpressions=atomic
core.v1.ScopedResourceSelectorRequirement: values=atomic
core.v1.ComponentStatus: conditions=map(type)+patch(merge:type)
core.v1.DownwardAPIVolumeSource: items=atomic
core.v1.DownwardAPIProjection: items=atomic
apps.v1.StatefulSetSpec: volumeClaimTemplates=atomic
apps.v1.StatefulSetStatus: conditions=map(type)+patch(merge:type)
apps.v1.DeploymentSpec: strategy=patch(retainKeys)
apps.v1.DeploymentStatus: conditions=map(type)+patch(merge:type)
apps.v1.DaemonSetStatus: conditions=map(type)+patch(merge:type)
apps.v1.ReplicaSetStatus: conditions=map(type)+patch(merge:type)
batch.v1.PodFailurePolicyOnExitCodesRequirement: values=set
batch.v1.PodFailurePolicyRule: onPodConditions=atomic
batch.v1.PodFailurePolicy: rules=atomic
batch.v1.SuccessPolicy: rules=atomic
batch.v1.JobStatus: conditions=atomic+patch(merge:type)
batch.v1.UncountedTerminatedPods: succeeded=set failed=set
batch.v1.CronJobStatus: active=atomic
autoscaling.v2.HorizontalPodAutoscalerSpec: metrics=atomic
autoscaling.v2.HPAScalingRules: policies=atomic
autoscaling.v2.HorizontalPodAutoscalerStatus: currentMetrics=atomic conditions=map(type)+patch(merge:type)
policy.v1.PodDisruptionBudgetSpec: selector=patch(replace)
policy.v1.PodDisruptionBudgetStatus: conditions=map(type)+patch(merge:type)
rbac.v1.PolicyRule: verbs=atomic apiGroups=atomic resources=atomic resourceNames=atomic nonResourceURLs=atomic
rbac.v1.Role: rules=atomic
rbac.v1.RoleBinding: subjects=atomic
rbac.v1.ClusterRole: rules=atomic
rbac.v1.AggregationRule: clusterRoleSelectors=atomic
rbac.v1.ClusterRoleBinding: subjects=atomic
networking.v1.NetworkPolicySpec: ingress=atomic egress=atomic policyTypes=atomic
networking.v1.NetworkPolicyIngressRule: ports=atomic from=atomic
networking.v1.NetworkPolicyEgressRule: ports=atomic to=atomic
networking.v1.IPBlock: except=atomic
networking.v1.IngressSpec: tls=atomic rules=atomic
networking.v1.IngressTLS: hosts=atomic
networking.v1.IngressLoadBalancerStatus: ingress=atomic
networking.v1.IngressLoadBalancerIngress: ports=atomic
networking.v1.HTTPIngressRuleValue: paths=atomic
networking.v1.ServiceCIDRSpec: cidrs=atomic
networking.v1.ServiceCIDRStatus: conditions=map(type)+patch(merge:type)
storage.v1.StorageClass: mountOptions=atomic allowedTopologies=atomic
storage.v1.CSIDriverSpec: volumeLifecycleModes=set tokenRequests=atomic
storage.v1.CSINodeSpec: drivers=map(name)+patch(merge:name)
storage.v1.CSINodeDriver: topologyKeys=atomic
node.v1.Scheduling: nodeSelector=atomic tolerations=atomic
discovery.v1.EndpointSlice: endpoints=atomic ports=atomic
discovery.v1.Endpoint: addresses=set
discovery.v1.EndpointHints: forZones=atomic forNodes=atomic
authentication.v1.TokenReviewSpec: audiences=atomic
authentication.v1.TokenReviewStatus: audiences=atomic
authentication.v1.UserInfo: groups=atomic
authentication.v1.TokenRequestSpec: audiences=atomic
authorization.v1.LabelSelectorAttributes: requirements=atomic
authorization.v1.FieldSelectorAttributes: requirements=atomic
authorization.v1.SubjectAccessReviewSpec: groups=atomic
authorization.v1.SubjectRulesReviewStatus: resourceRules=atomic nonResourceRules=atomic
authorization.v1.ResourceRule: verbs=atomic apiGroups=atomic resources=atomic resourceNames=atomic
authorization.v1.NonResourceRule: verbs=atomic nonResourceURLs=atomic
certificates.v1.CertificateSigningRequestSpec: usages=atomic groups=atomic
certificates.v1.CertificateSigningRequestStatus: conditions=map(type)
admissionregistration.v1.Rule: apiGroups=atomic apiVersions=atomic resources=atomic
admissionregistration.v1.ValidatingAdmissionPolicyStatus: conditions=map(type)
admissionregistration.v1.TypeChecking: expressionWarnings=atomic
admissionregistration.v1.ValidatingAdmissionPolicySpec: validations=atomic auditAnnotations=atomic matchConditions=map(name)+patch(merge:name) variables=map(name)+patch(merge:name)
admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec: validationActions=set
admissionregistration.v1.MatchResources: resourceRules=atomic excludeResourceRules=atomic
admissionregistration.v1.NamedRuleWithOperations: resourceNames=atomic
admissionregistration.v1.ValidatingWebhookConfiguration: webhooks=map(name)+patch(merge:name)
admissionregistration.v1.MutatingWebhookConfiguration: webhooks=map(name)+patch(merge:name)
admissionregistration.v1.ValidatingWebhook: rules=atomic admissionReviewVersions=atomic matchConditions=map(name)+patch(merge:name)
admissionregistration.v1.MutatingWebhook: rules=atomic admissionReviewVersions=atomic matchConditions=map(name)+patch(merge:name)
admissionregistration.v1.RuleWithOperations: operations=atomic
flowcontrol.v1.FlowSchemaSpec: rules=atomic
flowcontrol.v1.PolicyRulesWithSubjects: subjects=atomic resourceRules=atomic nonResourceRules=atomic
flowcontrol.v1.ResourcePolicyRule: verbs=set apiGroups=set resources=set namespaces=set
flowcontrol.v1.NonResourcePolicyRule: verbs=set nonResourceURLs=set
flowcontrol.v1.FlowSchemaStatus: conditions=map(type)+patch(merge:type)
flowcontrol.v1.PriorityLevelConfigurationStatus: conditions=map(type)+patch(merge:type)
resource.v1.ResourceSliceSpec: devices=atomic sharedCounters=atomic
resource.v1.Device: consumesCounters=atomic taints=atomic bindingConditions=atomic bindingFailureConditions=atomic
resource.v1.CapacityRequestPolicy: validValues=atomic
resource.v1.DeviceClaim: requests=atomic constraints=atomic config=atomic
resource.v1.DeviceRequest: firstAvailable=atomic
resource.v1.ExactDeviceRequest: selectors=atomic tolerations=atomic
resource.v1.DeviceSubRequest: selectors=atomic tolerations=atomic
resource.v1.DeviceConstraint: requests=atomic
resource.v1.DeviceClaimConfiguration: requests=atomic
resource.v1.ResourceClaimStatus: reservedFor=map(uid)+patch(merge:uid) devices=map(driver,device,pool,shareID)
resource.v1.DeviceAllocationResult: results=atomic config=atomic
resource.v1.DeviceRequestAllocationResult: tolerations=atomic bindingConditions=atomic bindingFailureConditions=atomic
resource.v1.DeviceAllocationConfiguration: requests=atomic
resource.v1.DeviceClassSpec: selectors=atomic config=atomic
resource.v1.AllocatedDeviceStatus: conditions=map(type)
resource.v1.NetworkDeviceData: ips=atomic
meta.v1.ObjectMeta: ownerReferences=map(uid)+patch(merge:uid) finalizers=set+patch(merge) managedFields=atomic
meta.v1.DeleteOptions: dryRun=atomic
meta.v1.StatusDetails: causes=atomic
meta.v1.APIVersions: versions=atomic serverAddressByClientCIDRs=atomic
meta.v1.APIGroupList: groups=atomic
meta.v1.APIGroup: versions=atomic serverAddressByClientCIDRs=atomic
meta.v1.APIResource: shortNames=atomic categories=atomic
meta.v1.APIResourceList: resources=atomic
meta.v1.LabelSelector: matchExpressions=atomic
meta.v1.LabelSelectorRequirement: values=atomic
meta.v1.FieldSelectorRequirement: values=atomic
apiextensions.v1.CustomResourceDefinitionSpec: versions=atomic
apiextensions.v1.WebhookConversion: conversionReviewVersions=atomic
apiextensions.v1.CustomResourceDefinitionVersion: additionalPrinterColumns=atomic selectableFields=atomic
apiextensions.v1.CustomResourceDefinitionNames: shortNames=atomic categories=atomic
apiextensions.v1.CustomResourceDefinitionStatus: conditions=map(type) storedVersions=atomic
apiextensions.v1.JSONSchemaProps: enum=atomic required=atomic allOf=atomic oneOf=atomic anyOf=atomic x-kubernetes-list-map-keys=atomic x-kubernetes-validations=map(rule)+patch(merge:rule)
apiregistration.v1.APIServiceSpec: caBundle=atomic
apiregistration.v1.APIServiceStatus: conditions=map(type)+patch(merge:type)
`

/** Structs that server-side apply replaces as a whole, wherever they stand. */
export const ATOMIC_STRUCTS = `
core.v1.SecretReference
core.v1.FileKeySelector
core.v1.ObjectFieldSelector
core.v1.ResourceFieldSelector
core.v1.ConfigMapKeySelector
core.v1.SecretKeySelector
core.v1.NodeSelector
core.v1.NodeSelectorTerm
core.v1.TopologySelectorTerm
core.v1.EndpointAddress
core.v1.EndpointPort
core.v1.ObjectReference
core.v1.LocalObjectReference
core.v1.TypedLocalObjectReference
core.v1.ScopeSelector
autoscaling.v1.CrossVersionObjectReference
rbac.v1.Subject
rbac.v1.RoleRef
networking.v1.ServiceBackendPort
discovery.v1.EndpointPort
admissionregistration.v1.ParamKind
admissionregistration.v1.Variable
admissionregistration.v1.ParamRef
admissionregistration.v1.MatchResources
admissionregistration.v1.NamedRuleWithOperations
meta.v1.OwnerReference
meta.v1.LabelSelector
`

/** `field=JSON`: what the published schema says the server fills in. */
export const DEFAULTS = `
core.v1.RBDVolumeSource: pool="rbd" user="admin" keyring="/etc/ceph/keyring"
core.v1.RBDPersistentVolumeSource: pool="rbd" user="admin" keyring="/etc/ceph/keyring"
core.v1.ISCSIVolumeSource: iscsiInterface="default"
core.v1.ISCSIPersistentVolumeSource: iscsiInterface="default"
core.v1.AzureDiskVolumeSource: cachingMode="ReadWrite" fsType="ext4" readOnly=false kind="Shared"
core.v1.ScaleIOVolumeSource: storageMode="ThinProvisioned" fsType="xfs"
core.v1.ScaleIOPersistentVolumeSource: storageMode="ThinProvisioned" fsType="xfs"
core.v1.ContainerPort: protocol="TCP"
core.v1.FileKeySelector: optional=false
core.v1.GRPCAction: service=""
core.v1.ReplicationControllerSpec: replicas=1 minReadySeconds=0
core.v1.ServicePort: protocol="TCP"
core.v1.LocalObjectReference: name=""
autoscaling.v1.ScaleSpec: replicas=0
resource.v1.DeviceToleration: operator="Equal"
`

/** Structs of which one member is set: the discriminating field first, where there is one, then the members. */
export const UNIONS = `
core.v1.AppArmorProfile: type localhostProfile
core.v1.SeccompProfile: type localhostProfile
flowcontrol.v1.LimitResponse: type queuing
flowcontrol.v1.PriorityLevelConfigurationSpec: type exempt limited
flowcontrol.v1.Subject: kind group serviceAccount user
`
