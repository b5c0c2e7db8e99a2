-- AlterTable
ALTER TABLE "customer" ADD COLUMN     "data_sale_opt_out_at" TIMESTAMPTZ(3);
