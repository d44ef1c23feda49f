//! The pages are built into the binary from `web/dist`. A build without them must not fail: the
//! server then says that they are missing.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    let pages = std::path::Path::new("../web/dist");
    if let Err(error) = std::fs::create_dir_all(pages) {
        println!("cargo:warning=web/dist cannot be made: {error}");
    }
    // Other profiles read the pages from the folder when the server starts, and need not be built again.
    if std::env::var("PROFILE").as_deref() == Ok("release") {
        println!("cargo:rerun-if-changed=../web/dist");
    }
}
