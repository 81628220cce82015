//! What the compiler says of annotated code: each error of the attribute's own, the user's errors as they are
//! without it, and no warning that plain code does not give. The passing cases are run, too.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("fail/*.rs");
    cases.pass("pass/*.rs");
}
