import { X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  CLIENT_REQUEST,
  MASTER_REQUEST,
  NODE_REQUEST,
  SERVING_REQUEST,
} from '../../../test/support/certificate-requests.ts'
import { type TestCluster, testCluster } from '../../../test/support/cluster.ts'
import { CertificateSigningRequest } from '../../api/kinds/certificates/certificate-signing-request.ts'
import type { ClusterRole } from '../../api/kinds/rbac/cluster-role.ts'
import type { ClusterRoleBinding } from '../../api/kinds/rbac/cluster-role-binding.ts'
import type { UserInfo } from '../../api/request.ts'
import type { AdmissionPlugin } from '../../apiserver/admission/admission.ts'
import { certificates } from '../../apiserver/admission/certificates.ts'
import { RbacAuthorizer } from '../../apiserver/authz/rbac.ts'
import { type Authority, newAuthority } from '../../api/certificates/certificate.ts'
import { requestSigner } from '../../apiserver/pki/sign-request.ts'
import { clusterControllers } from '../cluster-controllers.ts'

const RBAC = 'rbac.authorization.k8s.io'
const ASHA: UserInfo = { username: 'asha', groups: ['dev'] }
const NODE: UserInfo = { username: 'system:node:n1', groups: ['system:nodes'] }
const CLIENT_USAGES = ['digital signature', 'client auth']

interface CsrCluster extends TestCluster {
  readonly authority: Authority
}

async function csrCluster(): Promise<CsrCluster> {
  let authorizer: RbacAuthorizer | undefined
  const plugin: AdmissionPlugin = {
    name: 'late',
    admit: (request, context) =>
      certificates((authorizer ??= new RbacAuthorizer(context.store))).admit?.(request, context),
    validate: (request, context) =>
      certificates((authorizer ??= new RbacAuthorizer(context.store))).validate?.(request, context),
  }
  const review = 'authorization.k8s.io/subjectaccessreviews'
  const cluster = await testCluster({
    admission: [plugin],
    subresources: {
      // Kubelets may ask for certificates of their own; nobody else may ask for anything.
      [review]: ({ body }) => {
        const { spec } = body as { spec: { user?: string; resourceAttributes?: { subresource?: string } } }
        const isSelf = spec.resourceAttributes?.subresource === 'selfnodeclient'
        return Promise.resolve({ ...(body as object), status: { allowed: isSelf && spec.user === NODE.username } })
      },
    },
  })
  const { client, informers, clock, world } = cluster
  const random = world.random.fork('csr')
  const validity = { notBeforeMs: clock.now() - 1, notAfterMs: clock.now() + 10 * 365 * 24 * 3_600_000 }
  const authority = newAuthority({ keys: world.keys, commonName: 'ca', serial: random.bytes(16), ...validity })
  const signer = requestSigner({ authority: () => authority, clock, random })
  const events = (component: string) => cluster.events(component)
  await cluster.run(...clusterControllers({ client, informers, clock, random, events, signer }))
  return { ...cluster, authority }
}

function csr(request: string, signerName: string, spec: object = {}): CertificateSigningRequest {
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'r' },
    spec: { request: Buffer.from(request).toString('base64'), signerName, usages: CLIENT_USAGES, ...spec },
  }
}

function approved(one: CertificateSigningRequest): CertificateSigningRequest {
  const condition = { type: 'Approved', status: 'True', reason: 'KubectlApprove', message: 'yes' }
  return { ...one, status: { ...one.status, conditions: [condition] } }
}

function issued(one: CertificateSigningRequest | undefined): X509Certificate {
  return new X509Certificate(Buffer.from(one?.status?.certificate ?? '', 'base64'))
}

describe('certificate signing requests', () => {
  test('a kubelet gets a client certificate without anybody looking', async () => {
    await using cluster = await csrCluster()
    const { client, clock, authority } = cluster
    const sent = await client.as(NODE).create(csr(NODE_REQUEST, 'kubernetes.io/kube-apiserver-client-kubelet'))
    expect(sent.spec).toMatchObject({ username: 'system:node:n1', groups: ['system:nodes'] })
    await clock.advance(10)
    const done = await client.get(CertificateSigningRequest, { name: 'r' })
    expect(done?.status?.conditions).toMatchObject([
      {
        type: 'Approved',
        reason: 'AutoApproved',
        message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
      },
    ])
    const certificate = issued(done)
    expect(certificate.subject).toBe('O=system:nodes\nCN=system:node:n1')
    expect(certificate.checkIssued(new X509Certificate(authority.certificate))).toBe(true)
    expect(certificate.verify(new X509Certificate(authority.certificate).publicKey)).toBe(true)
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2'])
    expect(cluster.errors).toEqual([])
  })

  test('a user gets one once somebody has approved it, for as long as asked for', async () => {
    await using cluster = await csrCluster()
    const { client, clock } = cluster
    const request = csr(CLIENT_REQUEST, 'kubernetes.io/kube-apiserver-client', { expirationSeconds: 3_600 })
    const sent = await client.as(ASHA).create(request)
    await clock.advance(10)
    expect((await client.get(CertificateSigningRequest, { name: 'r' }))?.status).toBeUndefined()
    await client.update(approved(sent), { subresource: 'approval' })
    await clock.advance(10)
    const done = await client.get(CertificateSigningRequest, { name: 'r' })
    expect(done?.status?.conditions?.[0]).toMatchObject({ lastUpdateTime: '2026-01-01T00:00:00Z' })
    const certificate = issued(done)
    expect(certificate.subject).toBe('C=IN\nO=dev\nO=ops\nCN=asha')
    expect(certificate.subjectAltName).toBe('email:asha@example.com, URI:spiffe://a/b')
    expect(certificate.validToDate.toISOString()).toBe('2026-01-01T01:00:00.000Z')
    expect(cluster.errors).toEqual([])
  })

  test('a signer says why it does not sign', async () => {
    await using cluster = await csrCluster()
    const { client, clock } = cluster
    const sent = await client.create(csr(SERVING_REQUEST, 'kubernetes.io/kubelet-serving'))
    await client.update(approved(sent), { subresource: 'approval' })
    await clock.advance(10)
    const done = await client.get(CertificateSigningRequest, { name: 'r' })
    expect(done?.status?.conditions?.[1]).toMatchObject({
      type: 'Failed',
      reason: 'SignerValidationFailure',
      message: 'usages did not match [digital signature key encipherment server auth]',
    })
  })

  test('signers of others are left to others', async () => {
    await using cluster = await csrCluster()
    const { client, clock } = cluster
    const sent = await client.create(csr(CLIENT_REQUEST, 'example.com/mesh'))
    await client.update(approved(sent), { subresource: 'approval' })
    await clock.advance(10)
    expect((await client.get(CertificateSigningRequest, { name: 'r' }))?.status?.certificate).toBeUndefined()
  })

  test('only those approve and sign who may do so for the signer', async () => {
    await using cluster = await csrCluster()
    const { client } = cluster
    const sent = await client.create(csr(CLIENT_REQUEST, 'example.com/mesh'))
    const asha = client.as(ASHA)
    const name = 'certificatesigningrequests.certificates.k8s.io "r" is forbidden'
    await expect(asha.update(approved(sent), { subresource: 'approval' })).rejects.toThrow(
      `${name}: user not permitted to approve requests with signerName "example.com/mesh"`,
    )
    const failed = { type: 'Failed', status: 'True', reason: 'Unwilling', message: 'no' }
    await expect(asha.updateStatus(sent, { conditions: [failed] })).rejects.toThrow(
      `${name}: user not permitted to sign requests with signerName "example.com/mesh"`,
    )
    const rules = [
      {
        apiGroups: ['certificates.k8s.io'],
        resources: ['signers'],
        resourceNames: ['example.com/*'],
        verbs: ['approve'],
      },
    ]
    const api = { apiVersion: `${RBAC}/v1`, metadata: { name: 'asha' } }
    await client.create({ ...api, kind: 'ClusterRole', rules } as ClusterRole)
    const roleRef = { apiGroup: RBAC, kind: 'ClusterRole', name: 'asha' }
    const subjects = [{ apiGroup: RBAC, kind: 'User', name: 'asha' }]
    await client.create({ ...api, kind: 'ClusterRoleBinding', roleRef, subjects } as ClusterRoleBinding)
    await asha.update(approved(sent), { subresource: 'approval' })
  })

  test('nobody becomes a master of the cluster by a certificate', async () => {
    await using cluster = await csrCluster()
    await expect(cluster.client.create(csr(MASTER_REQUEST, 'kubernetes.io/kube-apiserver-client'))).rejects.toThrow(
      'use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed',
    )
  })

  test('requests that nobody needs any more go', async () => {
    await using cluster = await csrCluster()
    const { client, clock } = cluster
    const sent = await client.create(csr(CLIENT_REQUEST, 'example.com/mesh'))
    await client.create({ ...csr(CLIENT_REQUEST, 'example.com/mesh'), metadata: { name: 'pending' } })
    await client.update(approved(sent), { subresource: 'approval' })
    const names = async () => (await client.list(CertificateSigningRequest)).items.map(({ metadata }) => metadata.name)
    await clock.advance(3_590_000)
    expect(await names()).toEqual(['pending', 'r'])
    await clock.advance(20_000)
    expect(await names()).toEqual(['pending'])
    await clock.advance(24 * 3_600_000)
    expect(await names()).toEqual([])
  })
})
