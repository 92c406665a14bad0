import type { Controller } from '../client/controller.ts'
import { ApiServerIdentity } from './apiserver-identity/api-server-identity.ts'
import { ClusterRoleAggregationController } from './clusterrole-aggregation/cluster-role-aggregation-controller.ts'
import type { ClusterOptions } from './cluster-options.ts'
import { CsrApprover } from './csr/csr-approver.ts'
import { CsrCleaner } from './csr/csr-cleaner.ts'
import { CsrSigner } from './csr/csr-signer.ts'
import type { CertificateSigner } from './csr/signer.ts'
import { StaleDisruptionController } from './disruption/stale-disruption-controller.ts'
import { EndpointSliceMirroringController } from './endpoints/endpoint-slice-mirroring-controller.ts'
import { EndpointsController } from './endpoints/endpoints-controller.ts'
import { IstioOperatorController } from './istiooperator/istio-operator-controller.ts'
import { LoadBalancerController } from './loadbalancer/load-balancer-controller.ts'
import { ResourceQuotaController } from './resourcequota/resource-quota-controller.ts'
import { ServiceAddressController } from './servicecidr/service-address-controller.ts'
import { ServiceCidrController } from './servicecidr/service-cidr-controller.ts'
import { EventExpiry } from './ttl/event-expiry.ts'
import { ClaimProtection } from './volume-protection/claim-protection.ts'
import { VolumeProtection } from './volume-protection/volume-protection.ts'
import { EphemeralClaims } from './volumes/ephemeral-claims.ts'
import { VolumeBinder } from './volumes/volume-binder.ts'
import { VolumeExpander } from './volumes/volume-expander.ts'
import { VolumeProvisioner } from './volumes/volume-provisioner.ts'

/**
 * The loops that keep what all workloads of a cluster share: volumes, quotas, endpoints, certificates, roles, events.
 * Without a `signer` nobody issues certificates.
 */
export function clusterControllers(options: ClusterOptions & { signer?: CertificateSigner }): readonly Controller[] {
  const { signer } = options
  return [
    new VolumeBinder(options),
    new VolumeProvisioner(options),
    new VolumeExpander(options),
    new EphemeralClaims(options),
    new ClaimProtection(options),
    new VolumeProtection(options),
    new ResourceQuotaController(options),
    new ClusterRoleAggregationController(options),
    new StaleDisruptionController(options),
    new EndpointsController(options),
    new EventExpiry(options),
    new ServiceAddressController(options),
    new ServiceCidrController(options),
    new ApiServerIdentity({ ...options, random: options.random.fork('apiserver-identity') }),
    new CsrApprover(options),
    new CsrCleaner(options),
    ...(signer === undefined ? [] : [new CsrSigner(options, signer)]),
    new EndpointSliceMirroringController(options),
    new IstioOperatorController(options),
    new LoadBalancerController(options),
  ]
}
