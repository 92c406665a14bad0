import { GRPC_STATUSES } from '../../../base/grpc.ts'
import type { Schema } from '../../schema/schema.ts'
import { after, count, duration, list, section, text, TEXT_LENGTH_MAX } from './schema-words.ts'

/** A token of HTTP (RFC 9110, section 5.6.2). */
const TOKEN_PATTERN = "^[-!#$%&'*+.^_`|~0-9A-Za-z]+$"
const URL_PATTERN = '^(https?|grpc)://[^/?#\\s]+[^#\\s]*$'
const NAME_LENGTH_MAX = 128
const HEADERS_MAX = 32
const BODY_LENGTH_MAX = 65_536
const CONCURRENCY_MAX = 1_000_000
const REPLIES_MAX = 10_000

/** What is said of `ServesSection` in serves-section.ts, in the words of a definition. */
export function servesSchema(): Schema {
  return section('What the container answers on the network.', {
    ports: list(portSchema(), {
      description:
        'Where it listens, from start.startedAfter until it ends; the ports of the container and of its probes when absent, nowhere when empty.',
    }),
    paths: list(pathSchema(), {
      description:
        'The first that fits a request answers it; what none fits gets 404. When absent, everything is answered with 200.',
    }),
    concurrency: {
      ...count('How many requests one container works on at once; any number when absent.', 1),
      maximum: CONCURRENCY_MAX,
    },
    queue: {
      ...count('How many more wait for their turn; those beyond are answered with 503. 0 when absent.', 0),
      maximum: CONCURRENCY_MAX,
    },
  })
}

function portSchema(): Schema {
  return {
    type: 'object',
    required: ['port'],
    properties: {
      port: { ...count('The number of the port.', 1), maximum: 65_535 },
      protocol: {
        type: 'string',
        enum: ['HTTP', 'HTTPS', 'GRPC', 'TCP'],
        default: 'HTTP',
        description:
          'TCP takes connections and says nothing; GRPC speaks HTTP/2 and says in health checks that it serves; HTTPS is one by name.',
      },
    },
  }
}

function pathSchema(): Schema {
  return section(
    'What is answered, and after what work.',
    {
      path: { ...text('/ when absent.'), pattern: '^[/*?]' },
      pathType: {
        type: 'string',
        enum: ['Exact', 'Prefix', 'Glob'],
        default: 'Prefix',
        description: 'Prefix goes by whole elements, as in an Ingress; Glob has * and ?.',
      },
      methods: list(token(), { description: 'Any when absent.' }),
      status: status('200 when absent.'),
      headers: headers('Of the answer.'),
      body: {
        type: 'string',
        maxLength: BODY_LENGTH_MAX,
        description:
          'The text of the answer. $(NAME) is replaced as in logs; besides request.method, request.path, request.host, request.header:NAME.',
      },
      echo: { type: 'boolean', description: 'Answers with what was asked, and who was asked, as JSON.' },
      grpc: grpcSchema(),
      latency: latencySchema(),
      errors: list(errorSchema(), {
        description: 'Shares of the requests that go wrong; such a request makes no calls.',
      }),
      calls: list(callSchema(), { description: 'What it asks of others before it answers.' }),
      callsInParallel: { type: 'boolean', description: 'All calls at once, and not one after the other.' },
      propagateHeaders: list(token(), {
        description: 'Headers of the request that calls carry on, beside those of tracing.',
      }),
    },
    [
      { rule: '!has(self.echo) || !self.echo || !has(self.body)', message: 'body and echo exclude each other' },
      {
        rule: '!has(self.errors) || self.errors.map(e, e.percent).sum() <= 100.0',
        message: 'errors must not add up to more than 100 percent',
      },
    ],
  )
}

function grpcSchema(): Schema {
  return section(
    'How calls of gRPC are answered, such as of the path /shop.Cart/AddItem; with OK and an empty message when absent.',
    {
      status: grpcStatus('OK when absent.'),
      message: text('Of the status. $(NAME) is replaced as in body.'),
      reply: {
        type: 'string',
        format: 'byte',
        maxLength: BODY_LENGTH_MAX,
        description: 'The bytes of the message that is answered; none when absent.',
      },
      replies: { ...count('How often the message is sent. 1 when absent.', 0), maximum: REPLIES_MAX },
      echo: { type: 'boolean', description: 'Answers with the messages that were sent.' },
    },
    [{ rule: '!has(self.echo) || !self.echo || !has(self.reply)', message: 'reply and echo exclude each other' }],
  )
}

function grpcStatus(description: string): Schema {
  return { type: 'string', enum: [...GRPC_STATUSES], description }
}

function latencySchema(): Schema {
  const percentiles = (description: string): Schema => ({
    type: 'object',
    description,
    required: ['p50', 'p99'],
    properties: {
      p50: duration('Half of the requests take no longer.', true),
      p99: duration('One request in a hundred takes longer.', true),
    },
    'x-kubernetes-validations': [
      { rule: 'duration(self.p99) >= duration(self.p50)', message: 'p99 must not be below p50' },
    ],
  })
  return section(
    'Its own work; the time of its calls comes on top. None when absent.',
    {
      fixed: duration('Each request takes so long.'),
      uniform: {
        type: 'object',
        description: 'Evenly between two bounds.',
        required: ['min', 'max'],
        properties: { min: duration('The shortest.'), max: duration('The longest.') },
        'x-kubernetes-validations': [
          { rule: 'duration(self.max) >= duration(self.min)', message: 'max must not be below min' },
        ],
      },
      normal: percentiles('A bell around p50, never below zero.'),
      logNormal: percentiles('Most near p50 with a long tail: what servers mostly show.'),
    },
    [
      {
        rule: '[has(self.fixed), has(self.uniform), has(self.normal), has(self.logNormal)].filter(given, given).size() == 1',
        message: 'a latency is one of fixed, uniform, normal and logNormal',
      },
    ],
  )
}

function errorSchema(): Schema {
  return {
    type: 'object',
    required: ['percent'],
    properties: {
      percent: share('The share of all requests of the path.'),
      status: status('Answered instead of the status of the path.'),
      grpcStatus: grpcStatus('Of a call of gRPC; other requests get 500.'),
      body: text('The text of the answer, or the message of grpcStatus.'),
      fault: {
        type: 'string',
        enum: ['Reset', 'Hang', 'Trickle', 'Endless', 'Garbage'],
        description:
          'Reset breaks the connection off, Hang never answers, Trickle sends a byte of the body each second, Endless sends on and on, Garbage answers with bytes that are no HTTP.',
      },
      from: duration('Only from then on, since the start of the run. 0s when absent.'),
      until: duration('Only until then, since the start of the run.'),
    },
    'x-kubernetes-validations': [
      {
        rule: '[has(self.status), has(self.grpcStatus), has(self.fault)].filter(given, given).size() == 1',
        message: 'an error has one of status, grpcStatus and fault',
      },
      { rule: '!has(self.body) || !has(self.fault)', message: 'body needs a status' },
      after('until', 'from'),
    ],
  }
}

function callSchema(): Schema {
  return section('A request to another service, as the pod makes it.', {
    url: {
      ...text('Such as http://payments/charge, http://cart.shop:8080 or grpc://cart/shop.Cart/Get.'),
      pattern: URL_PATTERN,
    },
    method: { ...token(), description: 'GET when absent.' },
    headers: headers('Of the call; before those that are carried on.'),
    body: text('What is sent along.'),
    percent: share('The share of requests that make this call. 100 when absent.'),
    timeout: duration('The call fails after that. 30s when absent.', true),
    onFailure: {
      type: 'string',
      enum: ['Fail', 'Ignore'],
      default: 'Fail',
      description:
        'Without a connection, after its timeout, or with a status of 500 or above, or of gRPC but OK: Fail answers with 502, Ignore goes on.',
    },
  })
}

function headers(description: string): Schema {
  return {
    type: 'object',
    description,
    maxProperties: HEADERS_MAX,
    additionalProperties: { type: 'string', maxLength: TEXT_LENGTH_MAX, pattern: '^[^\\r\\n\\x00]*$' },
  }
}

function token(): Schema {
  return { type: 'string', pattern: TOKEN_PATTERN, maxLength: NAME_LENGTH_MAX }
}

function status(description: string): Schema {
  return { ...count(description, 200), maximum: 599 }
}

/** Errors of one in a thousand are the rule: with decimals. */
function share(description: string): Schema {
  return { type: 'number', format: 'double', description, minimum: 0, maximum: 100 }
}
