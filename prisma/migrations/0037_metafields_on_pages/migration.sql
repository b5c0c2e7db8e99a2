-- AlterTable
ALTER TABLE "metafield_definition" ADD COLUMN     "at_sign_up" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "on_account_page" BOOLEAN NOT NULL DEFAULT false;
