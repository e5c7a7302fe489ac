//! Filter expressions (INCLUDE/EXCLUDE ... WHERE ... IF ...): lex, parse, check against a schema, evaluate.
