/**
 * Messages and fields that kubectl 1.34 does not carry. Each line is a message and its fields as `jsonName=number:type`;
 * a type is a scalar's or a message's name, with `[]` before it for a list and `{}` for a map from strings. Facts of
 * Kubernetes 1.35 (the `generated.proto` beside each package's types.go).
 */

/** Fields that 1.35 added to messages of 1.34. */
export const NEWER = `
core.v1.NodeStatus: declaredFeatures=14:[]string
core.v1.PodCertificateProjection: userAnnotations=7:{}string
core.v1.PodSpec: workloadRef=42:WorkloadReference
core.v1.PodStatus: allocatedResources=19:{}io.k8s.apimachinery.pkg.api.resource.Quantity resources=20:ResourceRequirements
core.v1.WorkloadReference: name=1:string podGroup=2:string podGroupReplicaKey=3:string
storage.v1.CSIDriverSpec: serviceAccountTokenInSecrets=10:bool
`

/** k8s.io/apiextensions-apiserver, package apiextensions.v1 */
export const APIEXTENSIONS = `
CustomResourceColumnDefinition: name=1:string type=2:string format=3:string description=4:string priority=5:int32 jsonPath=6:string
CustomResourceConversion: strategy=1:string webhook=2:WebhookConversion
CustomResourceDefinition: metadata=1:meta.v1.ObjectMeta spec=2:CustomResourceDefinitionSpec status=3:CustomResourceDefinitionStatus
CustomResourceDefinitionCondition: type=1:string status=2:string lastTransitionTime=3:meta.v1.Time reason=4:string message=5:string observedGeneration=6:int64
CustomResourceDefinitionList: metadata=1:meta.v1.ListMeta items=2:[]CustomResourceDefinition
CustomResourceDefinitionNames: plural=1:string singular=2:string shortNames=3:[]string kind=4:string listKind=5:string categories=6:[]string
CustomResourceDefinitionSpec: group=1:string names=3:CustomResourceDefinitionNames scope=4:string versions=7:[]CustomResourceDefinitionVersion conversion=9:CustomResourceConversion preserveUnknownFields=10:bool
CustomResourceDefinitionStatus: conditions=1:[]CustomResourceDefinitionCondition acceptedNames=2:CustomResourceDefinitionNames storedVersions=3:[]string observedGeneration=4:int64
CustomResourceDefinitionVersion: name=1:string served=2:bool storage=3:bool deprecated=7:bool deprecationWarning=8:string schema=4:CustomResourceValidation subresources=5:CustomResourceSubresources additionalPrinterColumns=6:[]CustomResourceColumnDefinition selectableFields=9:[]SelectableField
CustomResourceSubresourceScale: specReplicasPath=1:string statusReplicasPath=2:string labelSelectorPath=3:string
CustomResourceSubresourceStatus: 
CustomResourceSubresources: status=1:CustomResourceSubresourceStatus scale=2:CustomResourceSubresourceScale
CustomResourceValidation: openAPIV3Schema=1:JSONSchemaProps
ExternalDocumentation: description=1:string url=2:string
JSONSchemaProps: id=1:string $schema=2:string $ref=3:string description=4:string type=5:string format=6:string title=7:string default=8:JSON maximum=9:double exclusiveMaximum=10:bool minimum=11:double exclusiveMinimum=12:bool maxLength=13:int64 minLength=14:int64 pattern=15:string maxItems=16:int64 minItems=17:int64 uniqueItems=18:bool multipleOf=19:double enum=20:[]JSON maxProperties=21:int64 minProperties=22:int64 required=23:[]string items=24:JSONSchemaPropsOrArray allOf=25:[]JSONSchemaProps oneOf=26:[]JSONSchemaProps anyOf=27:[]JSONSchemaProps not=28:JSONSchemaProps properties=29:{}JSONSchemaProps additionalProperties=30:JSONSchemaPropsOrBool patternProperties=31:{}JSONSchemaProps dependencies=32:{}JSONSchemaPropsOrStringArray additionalItems=33:JSONSchemaPropsOrBool definitions=34:{}JSONSchemaProps externalDocs=35:ExternalDocumentation example=36:JSON nullable=37:bool x-kubernetes-preserve-unknown-fields=38:bool x-kubernetes-embedded-resource=39:bool x-kubernetes-int-or-string=40:bool x-kubernetes-list-map-keys=41:[]string x-kubernetes-list-type=42:string x-kubernetes-map-type=43:string x-kubernetes-validations=44:[]ValidationRule
SelectableField: jsonPath=1:string
ServiceReference: namespace=1:string name=2:string path=3:string port=4:int32
ValidationRule: rule=1:string message=2:string messageExpression=3:string reason=4:string fieldPath=5:string optionalOldSelf=6:bool
WebhookClientConfig: url=3:string service=1:ServiceReference caBundle=2:bytes
WebhookConversion: clientConfig=2:WebhookClientConfig conversionReviewVersions=3:[]string
`

/** k8s.io/kube-aggregator, package apiregistration.v1 */
export const APIREGISTRATION = `
APIService: metadata=1:meta.v1.ObjectMeta spec=2:APIServiceSpec status=3:APIServiceStatus
APIServiceCondition: type=1:string status=2:string lastTransitionTime=3:meta.v1.Time reason=4:string message=5:string
APIServiceList: metadata=1:meta.v1.ListMeta items=2:[]APIService
APIServiceSpec: service=1:ServiceReference group=2:string version=3:string insecureSkipTLSVerify=4:bool caBundle=5:bytes groupPriorityMinimum=7:int32 versionPriority=8:int32
APIServiceStatus: conditions=1:[]APIServiceCondition
ServiceReference: namespace=1:string name=2:string port=3:int32
`
