//! All SQL of the house, one file a noun.

pub mod demo;
