"""What each seeded machine of a provider sends for a plain order: exactly this, and nothing that its documents do not name.

The order: prompt "a red cat", negative prompt "blurry", size as given, seed 7. `{file}` stands for an input picture.
"""

from __future__ import annotations

from typing import Any, Final

SDXL: Final[dict[str, Any]] = {
    "prompt": "a red cat",
    "negative_prompt": "blurry",
    "num_outputs": 1,
    "seed": 7,
    "width": 1024,
    "height": 768,
    "disable_safety_checker": True,
}
FAL: Final[dict[str, Any]] = {
    "prompt": "a red cat",
    "image_size": "landscape_4_3",
    "num_images": 1,
    "seed": 7,
    "enable_safety_checker": False,
}
FLUX: Final[dict[str, Any]] = {
    "prompt": "a red cat",
    "aspect_ratio": "4:3",
    "seed": 7,
    "output_format": "png",
    "output_quality": 90,
}
CIVITAI: Final[dict[str, Any]] = {
    "engine": "sdcpp",
    "operation": "createImage",
    "prompt": "a red cat",
    "negativePrompt": "blurry",
    "sampleMethod": "euler",
    "steps": 25,
    "cfgScale": 7.0,
    "seed": 7,
    "quantity": 1,
    "outputFormat": "png",
    "width": 1024,
    "height": 768,
}
GUIDED: Final[dict[str, Any]] = {"negative_prompt": "blurry", "format": "png"}

TABLE: Final[dict[str, dict[str, Any]]] = {
    "fal-ai/flux/dev": {**FAL, "num_inference_steps": 28, "guidance_scale": 3.5, "output_format": "png"},
    "fal-ai/flux/schnell": {**FAL, "num_inference_steps": 4, "output_format": "png"},
    "fal-ai/flux-2": {**FAL, "num_inference_steps": 28, "guidance_scale": 2.5, "output_format": "png"},
    "fal-ai/fast-sdxl": {**FAL, **GUIDED, "num_inference_steps": 25, "guidance_scale": 7.5},
    "fal-ai/fast-lightning-sdxl": {**FAL, "num_inference_steps": "4", "format": "png"},
    "fal-ai/fast-turbo-diffusion": {**FAL, "num_inference_steps": 2},
    "fal-ai/dreamshaper": {
        **FAL,
        **GUIDED,
        "num_inference_steps": 35,
        "guidance_scale": 5,
        "model_name": "Lykon/dreamshaper-xl-1-0",
    },
    "fal-ai/stable-diffusion-v15": {**FAL, **GUIDED, "num_inference_steps": 25, "guidance_scale": 7.5},
    "fal-ai/stable-diffusion-v35-large": {
        **FAL,
        "negative_prompt": "blurry",
        "num_inference_steps": 28,
        "guidance_scale": 3.5,
        "output_format": "png",
    },
    "fal-ai/flux/dev/image-to-image": {
        "prompt": "a red cat",
        "image_url": "{file}",
        "strength": 0.95,
        "num_inference_steps": 40,
        "guidance_scale": 3.5,
        "num_images": 1,
        "seed": 7,
        "enable_safety_checker": False,
        "output_format": "png",
    },
    "fal-ai/clarity-upscaler": {
        "prompt": "a red cat",
        "negative_prompt": "blurry",
        "image_url": "{file}",
        "upscale_factor": 2,
        "creativity": 0.35,
        "resemblance": 0.6,
        "num_inference_steps": 18,
        "guidance_scale": 4,
        "seed": 7,
        "enable_safety_checker": False,
    },
    "fal-ai/ltx-video": {
        "prompt": "a red cat",
        "negative_prompt": "blurry",
        "num_inference_steps": 30,
        "guidance_scale": 3,
        "seed": 7,
    },
    "fal-ai/stable-audio": {"prompt": "a red cat", "seconds_total": 30, "steps": 100},
    "black-forest-labs/flux-schnell": {
        **FLUX,
        "megapixels": "1",
        "num_inference_steps": 4,
        "num_outputs": 1,
        "disable_safety_checker": True,
    },
    "black-forest-labs/flux-dev": {
        **FLUX,
        "megapixels": "1",
        "num_inference_steps": 28,
        "guidance": 3.5,
        "num_outputs": 1,
        "disable_safety_checker": True,
    },
    "black-forest-labs/flux-1.1-pro": {**FLUX, "safety_tolerance": 6},
    "stability-ai/sdxl:7762fd07cf82c948538e41f63f77d685e02b063e37e496e96eefd46c929f9bdc": {
        **SDXL,
        "scheduler": "DPMSolverMultistep",
        "num_inference_steps": 25,
        "guidance_scale": 7.5,
    },
    "stability-ai/sdxl:39ed52f2a78e934b3ba6e2a89f5b1c712de7dfea535525255b1aa35c5565e08b": {
        **SDXL,
        "scheduler": "K_EULER",
        "num_inference_steps": 30,
        "guidance_scale": 7.5,
        "refine": "no_refiner",
        "high_noise_frac": 0.8,
    },
    "bytedance/sdxl-lightning-4step:727e49a643e999d602a896c774a0658ffefea21465756a6ce24b7ea4165eba6a": {
        **SDXL,
        "scheduler": "K_EULER",
        "num_inference_steps": 4,
        "guidance_scale": 0,
    },
    "lucataco/dreamshaper-xl-turbo:0a1710e0187b01a255302738ca0158ff02a22f4638679533e111082f9dd1b615": {
        **SDXL,
        "scheduler": "K_EULER",
        "num_inference_steps": 6,
        "guidance_scale": 2,
    },
    "civitai/sdxl": {**CIVITAI, "ecosystem": "sdxl", "model": "urn:air:sdxl:checkpoint:civitai:101055@128078"},
    "civitai/sd1": {
        **CIVITAI,
        "ecosystem": "sd1",
        "model": "urn:air:sd1:checkpoint:civitai:4201@130072",
        "clipSkip": 1,
    },
    "comfyui/text-to-image": {
        "3": {
            "class_type": "KSampler",
            "inputs": {
                "model": ["4", 0],
                "positive": ["6", 0],
                "negative": ["7", 0],
                "latent_image": ["5", 0],
                "denoise": 1.0,
                "seed": 7,
                "steps": 25,
                "cfg": 7,
                "sampler_name": "euler",
                "scheduler": "normal",
            },
        },
        "4": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "sd_xl_base_1.0.safetensors"}},
        "5": {"class_type": "EmptyLatentImage", "inputs": {"width": 1024, "height": 768, "batch_size": 1}},
        "6": {"class_type": "CLIPTextEncode", "inputs": {"text": "a red cat", "clip": ["4", 1]}},
        "7": {"class_type": "CLIPTextEncode", "inputs": {"text": "blurry", "clip": ["4", 1]}},
        "8": {"class_type": "VAEDecode", "inputs": {"samples": ["3", 0], "vae": ["4", 2]}},
        "9": {"class_type": "SaveImage", "inputs": {"images": ["8", 0], "filename_prefix": "art-factory"}},
    },
}
