import { command } from '../command.ts'

export default command({
  name: 'mesh',
  group: 'Mesh',
  summary: 'Ask what the mesh does with a request, and which line decides it',
  details:
    'The mesh is the one that the files of -f describe, without any cluster, or else the one of a cluster. `route` says ' +
    'where a request goes, rule by rule, and exits with 1 when nothing takes it. `can` says whether a caller may do ' +
    'something, or what each rule lacks, and exits with 1 when not. `table` lists the routes of a host, with those that ' +
    'no request reaches. `diff` asks two sets of files the same questions, of all kinds that either tells apart, and exits ' +
    'with 1 when the answers differ. Gateways, services and subsets that files name and do not hold are taken for granted, and told.',
  operands: 'route URL|can CALLER TARGET [METHOD PATH]|table HOST|diff A B',
  examples: [
    [
      'A buyer of Delhi, at the gateway',
      "dabba mesh route -f k8s/ -H 'x-user-region: delhi' https://shop.example/cart",
    ],
    ['Why it may not be called', 'dabba mesh can -f k8s/ checkout.bazaar payment-gateway.payments GET /api/v1/pay'],
    ['Who may do what with it', 'dabba mesh can -f k8s/ --as-table payment-gateway.payments'],
    ['The routes of a host, in their order', 'dabba mesh table -f k8s/ bazaar.example'],
    ['What a change of the files changes', 'dabba mesh diff k8s-main/ k8s-branch/'],
    [
      'One service that calls another',
      'dabba mesh route -f k8s/ --from checkout.bazaar http://payment-gateway.payments/pay',
    ],
  ],
  flags: {
    filename: {
      description: 'Manifests to ask instead of a cluster: a file, a folder, or - for standard input',
      placeholder: 'PATH',
      short: 'f',
      repeated: true,
    },
    from: {
      description:
        'Who calls: a workload as NAME.NAMESPACE, or ingress:GATEWAY; without it the gateway that has the host',
      placeholder: 'CALLER',
    },
    method: { description: 'Method of the request; GET, or POST for gRPC', placeholder: 'METHOD', short: 'X' },
    header: {
      description: 'A header of the request, as "name: value"',
      placeholder: 'HEADER',
      short: 'H',
      repeated: true,
    },
    claim: {
      description: 'A claim of the request’s token, as NAME=VALUE; the token is taken for good',
      placeholder: 'CLAIM',
      repeated: true,
    },
    sni: { description: 'The name that TLS asks for; without it the host', placeholder: 'NAME' },
    tls: {
      description: 'How the call comes to the proxy; without it as the URL says',
      placeholder: 'MODE',
      choices: ['plaintext', 'tls', 'mtls'],
    },
    ip: { description: 'The caller’s address, for can and at a gateway', placeholder: 'ADDRESS' },
    port: { description: 'For can: the port of the service that is called', placeholder: 'PORT' },
    'as-table': { description: 'For can: a grid of callers and requests, of the kinds that the policies tell apart' },
    strict: { description: 'Take files at their word: what they name and do not hold is not there' },
    all: { description: 'Show every rule, also those that come later' },
    namespace: {
      description: 'The namespace of what does not say its own',
      placeholder: 'NAMESPACE',
      short: 'n',
      default: 'default',
    },
    name: { description: 'Which cluster; without it: dabba, or the only one that runs', placeholder: 'NAME' },
    kubeconfig: { description: 'A cluster by its kubeconfig instead', placeholder: 'PATH' },
    output: { description: 'Print as data', placeholder: 'FORMAT', short: 'o', choices: ['json', 'yaml'] },
  },
  async run({ operands, flags, out }) {
    const { runMesh } = await import('../mesh/run-mesh.ts')
    return runMesh(operands, flags, out)
  },
})
