// What decides the shape and the arithmetic of a model that comes as a folder or a single file, apart from its weights: one
// record per architecture. `parseHfConfig` makes it from config.json, the GGUF reader from the file's own fields.

export type ModelConfig = Gpt2Config | GptNeoxConfig | LlamaConfig | BertConfig | VitConfig;

/** `gelu`: by erf. `gelu_tanh`: GPT-2's `gelu_new`. `gelu_quick`: x · sigmoid(1.702 x). */
export type Activation = 'relu' | 'gelu' | 'gelu_tanh' | 'gelu_quick' | 'silu';

/** How the frequencies of a rotary embedding are changed for longer contexts. */
export type RopeScaling =
  | { readonly kind: 'none' }
  | { readonly kind: 'linear'; readonly factor: number }
  | {
      readonly kind: 'llama3';
      readonly factor: number;
      readonly lowFrequencyFactor: number;
      readonly highFrequencyFactor: number;
      readonly originalContext: number;
    };

type Sizes = {
  readonly layers: number;
  /** d_model. */
  readonly width: number;
  /** Query heads. */
  readonly heads: number;
  /** d_head. */
  readonly headWidth: number;
  /** d_mlp. */
  readonly mlpWidth: number;
  readonly normEps: number;
  /** Standard deviation of weights at initialisation; null where the file does not say. */
  readonly initialStd: number | null;
};

/** What reads tokens: `context` is the number of positions that the model is made for. */
type Reading = { readonly vocab: number; readonly context: number };

/** Learned positions, pre-norm LayerNorm blocks, weights as [in, out] (`Conv1D`). */
export type Gpt2Config = Sizes &
  Reading & {
    readonly kind: 'gpt2';
    readonly activation: Activation;
    /** Scores are divided by sqrt(d_head). */
    readonly scaleScores: boolean;
    /** Scores of layer l are divided by l + 1 besides. */
    readonly scaleScoresByLayer: boolean;
    readonly tied: boolean;
  };

/** Pythia: rotary on the first dimensions of a head; attention and MLP read the same residual stream where `parallel`. */
export type GptNeoxConfig = Sizes &
  Reading & {
    readonly kind: 'gpt_neox';
    readonly activation: Activation;
    /** Dimensions of a head that are rotated. */
    readonly rotaryWidth: number;
    readonly ropeTheta: number;
    readonly ropeScaling: RopeScaling;
    readonly parallel: boolean;
    readonly attentionBias: boolean;
    readonly tied: boolean;
  };

/** Llama and what differs from it by a flag: Mistral, Qwen2, Qwen3, SmolLM, OLMo, OLMo2. */
export type LlamaConfig = Sizes &
  Reading & {
    readonly kind: 'llama';
    /** Key/value groups; query head h reads group floor(h · kvHeads / heads). */
    readonly kvHeads: number;
    readonly activation: Activation;
    readonly ropeTheta: number;
    readonly ropeScaling: RopeScaling;
    /** Which of the attention's projections have a bias: `qkv` is Qwen2's, `all` includes the output. */
    readonly attentionBias: 'none' | 'qkv' | 'all';
    readonly mlpBias: boolean;
    /** RMSNorm of queries and keys before the rotation: one weight per dimension of a head (Qwen3), or of all heads (OLMo2). */
    readonly qkNorm: 'none' | 'head' | 'all';
    /** `rms` has a gain; OLMo's `layer` is a LayerNorm without gain and bias. */
    readonly norm: 'rms' | 'layer';
    /** `after`: attention and MLP read the residual stream itself and their outputs are normalised (OLMo2). */
    readonly normPlace: 'before' | 'after';
    /** q, k and v are clipped to [-clip, clip] (OLMo). */
    readonly clipQkv: number | null;
    /** One per layer: a query reads the last `window` positions only; null reads all. */
    readonly windows: readonly (number | null)[];
    readonly tied: boolean;
  };

/** An encoder: absolute positions, segments, a norm after each sum, no causal mask. */
export type BertConfig = Sizes &
  Reading & {
    readonly kind: 'bert';
    readonly activation: Activation;
    readonly segments: number;
    /** What stands on the encoder. `none` also where a pooler's weights are present: they are used then. */
    readonly head: { readonly kind: 'none' } | { readonly kind: 'masked_lm' } | Classifier;
  };

/** A vision transformer on images of one size: [example, channel, y, x]. */
export type VitConfig = Sizes & {
  readonly kind: 'vit';
  readonly activation: Activation;
  readonly imageHeight: number;
  readonly imageWidth: number;
  readonly patchHeight: number;
  readonly patchWidth: number;
  readonly channels: number;
  readonly attentionBias: boolean;
  readonly head: { readonly kind: 'none' } | Classifier;
};

export type Classifier = { readonly kind: 'classifier'; readonly labels: number };

/** A tensor of the model file, by its name there. Its elements are needed when the graph runs, as float32 row-major. */
export type TensorFacts = { readonly dims: readonly number[]; readonly digest: string };
