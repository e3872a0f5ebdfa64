// The part of onnx.proto that this compiler reads and writes, as a protobuf descriptor. Field numbers are those of the public
// ONNX specification (onnx/onnx.proto, IR versions 3 to 13); fields that are left out are skipped on reading.

type FieldRule = { readonly id: number; readonly type: string; readonly rule?: 'repeated' };

function one(id: number, type: string): FieldRule {
  return { id, type };
}

function many(id: number, type: string): FieldRule {
  return { id, type, rule: 'repeated' };
}

export const wireSchema = {
  nested: {
    ModelProto: {
      fields: {
        irVersion: one(1, 'int64'),
        producerName: one(2, 'string'),
        producerVersion: one(3, 'string'),
        graph: one(7, 'GraphProto'),
        opsetImport: many(8, 'OperatorSetIdProto'),
        functions: many(25, 'FunctionProto'),
      },
    },
    OperatorSetIdProto: { fields: { domain: one(1, 'string'), version: one(2, 'int64') } },
    FunctionProto: { fields: { name: one(1, 'string') } },
    StringStringEntryProto: { fields: { key: one(1, 'string'), value: one(2, 'string') } },
    GraphProto: {
      fields: {
        node: many(1, 'NodeProto'),
        name: one(2, 'string'),
        initializer: many(5, 'TensorProto'),
        input: many(11, 'ValueInfoProto'),
        output: many(12, 'ValueInfoProto'),
        valueInfo: many(13, 'ValueInfoProto'),
        sparseInitializer: many(15, 'SparseTensorProto'),
      },
    },
    SparseTensorProto: { fields: { values: one(1, 'TensorProto'), indices: one(2, 'TensorProto') } },
    NodeProto: {
      fields: {
        input: many(1, 'string'),
        output: many(2, 'string'),
        name: one(3, 'string'),
        opType: one(4, 'string'),
        attribute: many(5, 'AttributeProto'),
        domain: one(7, 'string'),
      },
    },
    AttributeProto: {
      fields: {
        name: one(1, 'string'),
        f: one(2, 'float'),
        i: one(3, 'int64'),
        s: one(4, 'bytes'),
        t: one(5, 'TensorProto'),
        g: one(6, 'GraphProto'),
        floats: many(7, 'float'),
        ints: many(8, 'int64'),
        strings: many(9, 'bytes'),
        tensors: many(10, 'TensorProto'),
        graphs: many(11, 'GraphProto'),
        type: one(20, 'int32'),
        refAttrName: one(21, 'string'),
      },
    },
    TensorProto: {
      fields: {
        dims: many(1, 'int64'),
        dataType: one(2, 'int32'),
        floatData: many(4, 'float'),
        int32Data: many(5, 'int32'),
        stringData: many(6, 'bytes'),
        int64Data: many(7, 'int64'),
        name: one(8, 'string'),
        rawData: one(9, 'bytes'),
        doubleData: many(10, 'double'),
        uint64Data: many(11, 'uint64'),
        externalData: many(13, 'StringStringEntryProto'),
        dataLocation: one(14, 'int32'),
      },
    },
    ValueInfoProto: { fields: { name: one(1, 'string'), type: one(2, 'TypeProto') } },
    TypeProto: { fields: { tensorType: one(1, 'TensorTypeProto') } },
    TensorTypeProto: { fields: { elemType: one(1, 'int32'), shape: one(2, 'TensorShapeProto') } },
    TensorShapeProto: { fields: { dim: many(1, 'DimensionProto') } },
    DimensionProto: {
      oneofs: { value: { oneof: ['dimValue', 'dimParam'] } },
      fields: { dimValue: one(1, 'int64'), dimParam: one(2, 'string') },
    },
  },
};
