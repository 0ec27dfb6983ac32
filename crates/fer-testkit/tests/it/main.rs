//! What the kit makes is lawful, and what breaks the contract is refused.

mod contract;
mod data;
mod suite;
