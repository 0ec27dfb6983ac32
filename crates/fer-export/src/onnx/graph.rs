//! A graph under construction: nodes in the order in which they are added, and constants.

use super::proto::{AttributeProto, DataType, GraphProto, NodeProto, TensorProto, ValueInfoProto};

/// The nodes and constants so far. Each node has the name of the one value that it makes.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    nodes: Vec<NodeProto>,
    constants: Vec<TensorProto>,
}

/// The values of a constant.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Values<'a> {
    F32(&'a [f32]),
    /// The bits of 16-bit floats.
    F16(&'a [u16]),
    F64(&'a [f64]),
    I64(&'a [i64]),
}

/// The value of an attribute.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Attribute<'a> {
    Float(f32),
    Int(i64),
    Ints(&'a [i64]),
    Text(&'static str),
    /// A tensor of one element.
    Single(f32),
}

impl Graph {
    /// Adds a node, and gives the name of what it makes.
    pub(crate) fn node(
        &mut self,
        operator: &str,
        inputs: &[&str],
        output: &str,
        attributes: &[(&str, Attribute<'_>)],
    ) -> String {
        self.nodes.push(NodeProto {
            input: inputs.iter().map(ToString::to_string).collect(),
            output: vec![output.to_owned()],
            name: output.to_owned(),
            op_type: operator.to_owned(),
            attribute: attributes.iter().map(|(name, value)| attribute(name, *value)).collect(),
        });
        output.to_owned()
    }

    /// Adds a conversion to another type.
    pub(crate) fn cast(&mut self, input: &str, to: DataType, output: &str) -> String {
        self.node("Cast", &[input], output, &[("to", Attribute::Int(to as i64))])
    }

    /// Adds a constant of this shape, and gives its name.
    pub(crate) fn constant(&mut self, name: &str, shape: &[usize], values: Values<'_>) -> String {
        self.constants.push(tensor(name, shape, values));
        name.to_owned()
    }

    pub(crate) fn finish(self, name: &str, input: Vec<ValueInfoProto>, output: Vec<ValueInfoProto>) -> GraphProto {
        GraphProto { node: self.nodes, name: name.to_owned(), initializer: self.constants, input, output }
    }
}

fn attribute(name: &str, value: Attribute<'_>) -> AttributeProto {
    let named = AttributeProto { name: name.to_owned(), ..AttributeProto::default() };
    match value {
        Attribute::Float(value) => AttributeProto { f: Some(value), r#type: 1, ..named },
        Attribute::Int(value) => AttributeProto { i: Some(value), r#type: 2, ..named },
        Attribute::Text(value) => AttributeProto { s: Some(value.as_bytes().to_vec()), r#type: 3, ..named },
        Attribute::Single(value) => {
            AttributeProto { t: Some(tensor("", &[1], Values::F32(&[value]))), r#type: 4, ..named }
        }
        Attribute::Ints(values) => AttributeProto { ints: values.to_vec(), r#type: 7, ..named },
    }
}

fn tensor(name: &str, shape: &[usize], values: Values<'_>) -> TensorProto {
    let (data_type, raw_data) = match values {
        Values::F32(values) => (DataType::Float, values.iter().flat_map(|value| value.to_le_bytes()).collect()),
        Values::F16(bits) => (DataType::Float16, bits.iter().flat_map(|bits| bits.to_le_bytes()).collect()),
        Values::F64(values) => (DataType::Double, values.iter().flat_map(|value| value.to_le_bytes()).collect()),
        Values::I64(values) => (DataType::Int64, values.iter().flat_map(|value| value.to_le_bytes()).collect()),
    };
    let dims = shape.iter().map(|&side| side as i64).collect();
    TensorProto { dims, data_type: data_type as i32, name: name.to_owned(), raw_data }
}
