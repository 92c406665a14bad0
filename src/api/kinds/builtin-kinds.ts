import { Pod } from './core/pod.ts'
import { Service } from './core/service.ts'
import { Node } from './core/node.ts'
import { Namespace } from './core/namespace.ts'
import { ConfigMap } from './core/config-map.ts'
import { Secret } from './core/secret.ts'
import { ServiceAccount } from './core/service-account.ts'
import { Endpoints } from './core/endpoints.ts'
import { Event } from './core/event.ts'
import { LimitRange } from './core/limit-range.ts'
import { ResourceQuota } from './core/resource-quota.ts'
import { PersistentVolume } from './core/persistent-volume.ts'
import { PersistentVolumeClaim } from './core/persistent-volume-claim.ts'
import { PodTemplate } from './core/pod-template.ts'
import { ReplicationController } from './core/replication-controller.ts'
import { Binding } from './core/binding.ts'
import { ComponentStatus } from './core/component-status.ts'
import { Deployment } from './apps/deployment.ts'
import { ReplicaSet } from './apps/replica-set.ts'
import { StatefulSet } from './apps/stateful-set.ts'
import { DaemonSet } from './apps/daemon-set.ts'
import { ControllerRevision } from './apps/controller-revision.ts'
import { Job } from './batch/job.ts'
import { CronJob } from './batch/cron-job.ts'
import { HorizontalPodAutoscaler } from './autoscaling/horizontal-pod-autoscaler.ts'
import { HorizontalPodAutoscalerV1 } from './autoscaling/horizontal-pod-autoscaler-v1.ts'
import { PodDisruptionBudget } from './policy/pod-disruption-budget.ts'
import { Role } from './rbac/role.ts'
import { RoleBinding } from './rbac/role-binding.ts'
import { ClusterRole } from './rbac/cluster-role.ts'
import { ClusterRoleBinding } from './rbac/cluster-role-binding.ts'
import { Ingress } from './networking/ingress.ts'
import { IngressClass } from './networking/ingress-class.ts'
import { NetworkPolicy } from './networking/network-policy.ts'
import { ServiceCIDR } from './networking/service-cidr.ts'
import { IPAddress } from './networking/ip-address.ts'
import { StorageClass } from './storage/storage-class.ts'
import { VolumeAttachment } from './storage/volume-attachment.ts'
import { CSIDriver } from './storage/csi-driver.ts'
import { CSINode } from './storage/csi-node.ts'
import { CSIStorageCapacity } from './storage/csi-storage-capacity.ts'
import { VolumeAttributesClass } from './storage/volume-attributes-class.ts'
import { PriorityClass } from './scheduling/priority-class.ts'
import { RuntimeClass } from './node/runtime-class.ts'
import { EndpointSlice } from './discovery/endpoint-slice.ts'
import { Lease } from './coordination/lease.ts'
import { EventsEvent } from './events/events-event.ts'
import { TokenReview } from './authentication/token-review.ts'
import { SelfSubjectReview } from './authentication/self-subject-review.ts'
import { SubjectAccessReview } from './authorization/subject-access-review.ts'
import { LocalSubjectAccessReview } from './authorization/local-subject-access-review.ts'
import { SelfSubjectAccessReview } from './authorization/self-subject-access-review.ts'
import { SelfSubjectRulesReview } from './authorization/self-subject-rules-review.ts'
import { CertificateSigningRequest } from './certificates/certificate-signing-request.ts'
import { ValidatingWebhookConfiguration } from './admissionregistration/validating-webhook-configuration.ts'
import { MutatingWebhookConfiguration } from './admissionregistration/mutating-webhook-configuration.ts'
import { ValidatingAdmissionPolicy } from './admissionregistration/validating-admission-policy.ts'
import { ValidatingAdmissionPolicyBinding } from './admissionregistration/validating-admission-policy-binding.ts'
import { APIService } from './apiregistration/api-service.ts'
import { FlowSchema } from './flowcontrol/flow-schema.ts'
import { PriorityLevelConfiguration } from './flowcontrol/priority-level-configuration.ts'
import { DeviceClass } from './resource/device-class.ts'
import { ResourceClaim } from './resource/resource-claim.ts'
import { ResourceClaimTemplate } from './resource/resource-claim-template.ts'
import { ResourceSlice } from './resource/resource-slice.ts'
import { NodeMetrics } from './metrics/node-metrics.ts'
import { PodMetrics } from './metrics/pod-metrics.ts'
import type { Kind } from '../kind.ts'
import { CustomResourceDefinition } from './apiextensions/custom-resource-definition.ts'

/** Every kind that is there before the first CustomResourceDefinition, in the order of discovery. */
export function builtinKinds(): readonly Kind[] {
  return [
    Pod,
    Service,
    Node,
    Namespace,
    ConfigMap,
    Secret,
    ServiceAccount,
    Endpoints,
    Event,
    LimitRange,
    ResourceQuota,
    PersistentVolume,
    PersistentVolumeClaim,
    PodTemplate,
    ReplicationController,
    Binding,
    ComponentStatus,
    Deployment,
    ReplicaSet,
    StatefulSet,
    DaemonSet,
    ControllerRevision,
    Job,
    CronJob,
    HorizontalPodAutoscaler,
    HorizontalPodAutoscalerV1,
    PodDisruptionBudget,
    Role,
    RoleBinding,
    ClusterRole,
    ClusterRoleBinding,
    Ingress,
    IngressClass,
    NetworkPolicy,
    ServiceCIDR,
    IPAddress,
    StorageClass,
    VolumeAttachment,
    CSIDriver,
    CSINode,
    CSIStorageCapacity,
    VolumeAttributesClass,
    PriorityClass,
    RuntimeClass,
    EndpointSlice,
    Lease,
    EventsEvent,
    TokenReview,
    SelfSubjectReview,
    SubjectAccessReview,
    LocalSubjectAccessReview,
    SelfSubjectAccessReview,
    SelfSubjectRulesReview,
    CertificateSigningRequest,
    ValidatingWebhookConfiguration,
    MutatingWebhookConfiguration,
    ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding,
    APIService,
    FlowSchema,
    PriorityLevelConfiguration,
    DeviceClass,
    ResourceClaim,
    ResourceClaimTemplate,
    ResourceSlice,
    CustomResourceDefinition,
    NodeMetrics,
    PodMetrics,
  ] as unknown as readonly Kind[]
}
