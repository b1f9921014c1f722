// SPDX-License-Identifier: BSD-2-Clause
// Our kernels for all GPUs that they were compiled for, as data of the program.

	.section .rodata
	.balign 64
	.globl gpu_image_attention, gpu_image_attention_few_rows, gpu_image_attention_many_rows
	.globl gpu_image_one_row, gpu_image_picks, gpu_image_product_many_rows_sm90, gpu_image_products
gpu_image_attention:
	.incbin "src/gpu/attention.fatbin"
	.balign 64
gpu_image_attention_few_rows:
	.incbin "src/gpu/attention_few_rows.fatbin"
	.balign 64
gpu_image_attention_many_rows:
	.incbin "src/gpu/attention_many_rows.fatbin"
	.balign 64
gpu_image_one_row:
	.incbin "src/gpu/one_row.fatbin"
	.balign 64
gpu_image_picks:
	.incbin "src/gpu/picks.fatbin"
	.balign 64
gpu_image_product_many_rows_sm90:
	.incbin "src/gpu/product_many_rows_sm90.fatbin"
	.balign 64
gpu_image_products:
	.incbin "src/gpu/products.fatbin"
	.section .note.GNU-stack, "", %progbits
