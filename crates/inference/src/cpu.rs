//! Whether this machine can run the embedded model.

/// Says whether this CPU has the instructions that llama.cpp was compiled for (x86-64-v3: any
/// Intel since 2013 and AMD since 2015); without them the worker would die of an illegal
/// instruction.
///
/// # Errors
///
/// A sentence that names what is missing.
pub fn cpu_supported() -> Result<(), String> {
    #[cfg(target_arch = "x86_64")]
    {
        let features = [
            ("AVX2", is_x86_feature_detected!("avx2")),
            ("FMA", is_x86_feature_detected!("fma")),
            ("F16C", is_x86_feature_detected!("f16c")),
            ("BMI2", is_x86_feature_detected!("bmi2")),
        ];
        let missing: Vec<_> = features.into_iter().filter(|(_, found)| !found).map(|(name, _)| name).collect();
        if !missing.is_empty() {
            return Err(format!(
                "the embedded model needs a CPU with AVX2, FMA, F16C and BMI2; this one lacks {}",
                missing.join(", ")
            ));
        }
    }
    Ok(())
}
